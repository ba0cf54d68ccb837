"""What a station's word does to a wash: started, finished, stopped, fault, cancelled, refused.

Each takes a locked wash inside the intake's transaction, may come twice, late or out of order, and
then changes nothing.
"""

from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.stations.models import Wash
from apps.stations.services import bay_locks, commands, moving, top_up_words
from apps.stations.services.moves import move_wash
from apps.stations.services.refunds import begin_refund, settle_early_end, unused_of
from apps.stations.services.settlement import book_goodwill
from apps.stations.states import OPEN_WASH, BayState, CommandType, WashStatus

NEVER_STARTED = ("start_unconfirmed", "start_refused", "start_cancelled")
"""Reasons of a refund that assumed that the wash never began."""


def started(wash: Wash) -> None:
    """The only proof of a start; after a refund it makes the wash a gift."""
    require_transaction()
    if wash.started_at is not None:
        return
    if move_wash(wash, WashStatus.RUNNING, started_at=real_now()):
        commands.withdraw(wash, CommandType.CANCEL)
        bay_locks.start_worked(wash.bay)
        if wash.bay.state == BayState.PAUSED and wash.bay.device_wash == str(wash.public_id):
            paused(wash)  # the bay's state overtook the event
        return
    refund_began = wash.status in (WashStatus.REFUNDING, WashStatus.REFUNDED)
    if refund_began and wash.reason in NEVER_STARTED:
        book_goodwill(wash)


def finished(wash: Wash, seconds_used: int) -> None:
    """The paid seconds ran; a start that was lost on the way is made up first."""
    require_transaction()
    started(wash)
    if not _note_use(wash, seconds_used):
        return
    move_wash(wash, WashStatus.FINISHED, ended_at=real_now())


def stopped(wash: Wash, seconds_used: int) -> None:
    """The customer or staff ended it early: the unused seconds go back."""
    require_transaction()
    started(wash)
    if _note_use(wash, seconds_used):
        settle_early_end(wash, seconds_used, reason="stopped")


def failed(wash: Wash, seconds_used: int, *, started_before: bool) -> None:
    """The bay broke down: the unused seconds may go on at a free bay, or go back."""
    require_transaction()
    if started_before:
        started(wash)
    if not _note_use(wash, seconds_used):
        return
    if wash.started_at is None:
        bay_locks.start_failed(wash.bay)
    if not moving.offer(wash):
        settle_early_end(wash, wash.seconds_used, reason="bay_fault")


def not_started(wash: Wash, *, reason: str) -> None:
    """The station will never start this wash: everything that was not used elsewhere goes back.

    A start that the customer took back in time is not the bay's failure.
    """
    require_transaction()
    if wash.status in (WashStatus.ACTIVATING, WashStatus.UNCONFIRMED):
        if wash.status == WashStatus.UNCONFIRMED or reason != "start_cancelled":
            bay_locks.start_failed(wash.bay)
        begin_refund(wash, unused_of(wash, wash.seconds_used), reason=reason)


def paused(wash: Wash) -> None:
    """The bay closed its valves in mid-wash and waits for the customer."""
    if wash.status == WashStatus.RUNNING:
        move_wash(wash, WashStatus.PAUSED)


def resumed(wash: Wash) -> None:
    """The bay runs on."""
    if wash.status == WashStatus.PAUSED:
        move_wash(wash, WashStatus.RUNNING)


def _note_use(wash: Wash, seconds_used: int) -> bool:
    """Keep the seconds that ran, in the end; False when the wash has ended already."""
    top_up_words.reached(wash, seconds_used)
    if wash.status in OPEN_WASH:
        top_up_words.end_with_wash(wash)
    used = min(max(seconds_used, 0), wash.total_seconds)
    if used > wash.seconds_used:
        Wash.objects.filter(pk=wash.pk).update(seconds_used=used)
        wash.seconds_used = used
    return wash.status in OPEN_WASH
