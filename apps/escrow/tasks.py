"""What beat kicks: the payout run finds its own due work."""

from celery import shared_task

from apps.escrow import services


@shared_task(name="escrow.release_due")
def release_due() -> int:
    """Pay out what is due; return how many transfers were started."""
    return services.release_due_payouts()
