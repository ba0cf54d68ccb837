"""Celery's side of the sitters app. Every task may run twice, or at the same time."""

from celery import shared_task

from apps.sitters import services as sitters


@shared_task(name="sitters.apply_vetting_notice")
def apply_vetting_notice(notice_id: int) -> None:
    """Apply one notice of the inbox."""
    sitters.apply_notice(notice_id)


@shared_task(name="sitters.sweep_vetting")
def sweep_vetting() -> None:
    """Apply what is due (parked, or its task was lost), then ask about silent cases."""
    for notice_id in sitters.due_notices():
        sitters.apply_notice(notice_id)
    sitters.resume_waiting_cases()


@shared_task(name="sitters.expire_clearances")
def expire_clearances() -> None:
    """End the clearances whose year is over."""
    sitters.expire_clearances()
