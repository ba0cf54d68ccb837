"""What beat kicks: due work is found in Postgres."""

from celery import shared_task

from apps.escrow import services


@shared_task(name="escrow.release_due")
def release_due() -> int:
    """Pay out what is due; return how many transfers were made."""
    return services.release_due_payouts()


@shared_task(name="escrow.end_freezes")
def end_freezes() -> int:
    """End freezes that expired, and those that no second person approved; return how many."""
    return services.end_overdue()


@shared_task(name="escrow.forget_idle_runs")
def forget_idle_runs() -> int:
    """Forget runs that found nothing; return how many."""
    return services.forget_idle_runs()


@shared_task(name="escrow.continue_claw_backs")
def continue_claw_backs() -> int:
    """Go on with claw backs that stand still; return how many were looked at."""
    return services.continue_claw_backs()
