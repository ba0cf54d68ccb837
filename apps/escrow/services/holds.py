"""Opening, locking and moving a hold. Each step runs inside the transaction of a use case.

Locks are always taken in this order: the gateway's operation and the row it moves, hold, payments that have
succeeded, booking, sitter, nights.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.common import events
from apps.common.db import require_transaction
from apps.common.errors import Conflict, NotFound
from apps.escrow import listeners
from apps.escrow.amounts import release_due
from apps.escrow.events import ReleaseScheduled
from apps.escrow.models import DueChange, Hold, HoldTransition
from apps.escrow.services import policies
from apps.escrow.states import HoldState, can_move
from apps.escrow.types import HoldMove, HoldTerms, HoldView
from apps.escrow.views import view_hold


def open_hold(terms: HoldTerms) -> None:
    """Open the hold of a new booking; no money has moved yet."""
    require_transaction()
    Hold.objects.create(
        booking_id=terms.booking_id,
        payee_user_id=terms.payee_user_id,
        currency=terms.stay.currency,
        stay_minor=terms.stay.amount_minor,
        owner_fee_minor=terms.owner_fee.amount_minor,
        sitter_fee_pct=terms.sitter_fee_pct,
    )


def lock_hold(booking_id: str) -> Hold:
    """Lock the hold of a booking until the transaction ends.

    Raises: NotFound.
    """
    require_transaction()
    hold = Hold.objects.select_for_update().filter(booking_id=booking_id).first()
    if hold is None:
        raise NotFound
    return hold


def lock(booking_id: str) -> HoldView:
    """Lock the hold and return it as others may see it, to decide by its money.

    Raises: NotFound.
    """
    return view_hold(lock_hold(booking_id))


def lock_only(booking_id: str) -> None:
    """Lock the hold, as the first step of each use case on a booking, and read nothing of it.

    Raises: NotFound.
    """
    require_transaction()
    rows = Hold.objects.select_for_update().filter(booking_id=booking_id)
    if not rows.values_list("pk"):
        raise NotFound


def try_lock(booking_id: str) -> bool:
    """Lock the hold as `lock_only` does, or return false at once while somebody else has it: for sweeps."""
    require_transaction()
    rows = Hold.objects.select_for_update(skip_locked=True).filter(booking_id=booking_id)
    return bool(rows.values_list("pk"))


def move(hold: Hold, new: HoldState, *, actor: User | None, reason: str, **fields: Any) -> None:
    """Move a hold, write the transition and tell the listener, all or nothing.

    Raises: as `move_untold`.
    """
    move_untold(hold, new, actor=actor, reason=reason, **fields)
    listeners.tell_moved(moved(hold))


def move_untold(hold: Hold, new: HoldState, *, actor: User | None, reason: str, **fields: Any) -> None:
    """Move a hold and write the transition; the caller tells the listener.

    Raises: Conflict `hold_moved` when the move is not in the table or somebody was first.
    """
    require_transaction()
    old = hold.state
    fields["state"] = new
    if not can_move(old, new) or not Hold.objects.filter(pk=hold.pk, state=old).update(**fields):
        raise _moved(old)
    HoldTransition.objects.create(hold=hold, old_state=old, new_state=new, actor=actor, reason=reason)
    for name, value in fields.items():
        setattr(hold, name, value)


def moved(hold: Hold) -> HoldMove:
    """Return what those who follow the hold are told."""
    return HoldMove(hold.booking_id, hold.state)


def move_all(holds: Sequence[Hold], new: HoldState, *, reason: str, **fields: Any) -> None:
    """Move locked holds to one state as `move` does each, with a fixed number of statements; all or none.

    Raises: Conflict `hold_moved` when a move is not in the table or somebody was first.
    """
    require_transaction()
    old = {hold.pk: hold.state for hold in holds}
    fields["state"] = new
    states = set(old.values())
    mine = Hold.objects.filter(pk__in=old, state__in=states)
    if not all(can_move(state, new) for state in states) or mine.update(**fields) != len(old):
        raise Conflict("hold_moved", "One of these payments has moved; each is looked at again on its own.")
    HoldTransition.objects.bulk_create(
        HoldTransition(hold=hold, old_state=old[hold.pk], new_state=new, reason=reason) for hold in holds
    )
    for hold in holds:
        for name, value in fields.items():
            setattr(hold, name, value)
    listeners.tell_all_moved([moved(hold) for hold in holds])


def lock_holds(keys: Iterable[int]) -> dict[int, Hold]:
    """Lock several holds until the transaction ends, always in the same order; return them by key."""
    require_transaction()
    return {hold.pk: hold for hold in Hold.objects.select_for_update().filter(pk__in=set(keys)).order_by("pk")}


def start_release_clock(
    *,
    booking_id: str,
    completed_at: datetime,
    scheduled_end_at: datetime,
    actor: User | None,
    reason: str,
) -> HoldView:
    """Start the clock to the payout: the policy's elapsed hours (24) from the later of completion and end.

    A hold whose money went back entirely has nothing to wait for: it stays as it is, and the stay can be ended.
    Raises: Conflict `hold_moved` unless the money is held.
    """
    hold = lock_hold(booking_id)
    if hold.state == HoldState.REFUNDED:
        return view_hold(hold)
    wait, policy = policies.hold_time(hold)
    due = release_due(completed_at, scheduled_end_at, wait)
    clock = {"release_due_at": due, "next_attempt_at": due}
    if hold.state == HoldState.REFUNDING and hold.resume_state == HoldState.HELD:
        # What a refund leaves goes on as due, as soon as the refund is confirmed.
        Hold.objects.filter(pk=hold.pk).update(resume_state=HoldState.RELEASE_DUE, **clock)
        hold.refresh_from_db()
    elif hold.state == HoldState.HELD:
        move(hold, HoldState.RELEASE_DUE, actor=actor, reason=reason, **clock)
    else:
        raise _moved(hold.state)
    said = f"{reason} ({policy})"
    DueChange.objects.create(hold=hold, old_due_at=None, new_due_at=due, actor=actor, reason=said)
    view = view_hold(hold)
    events.publish(ReleaseScheduled(hold_id=view.id, booking_id=booking_id, release_due_at=due.isoformat()))
    return view


def void_unpaid(*, booking_id: str, actor: User | None, reason: str) -> None:
    """End a hold that was never paid.

    Raises: Conflict `payment_in_progress` while an attempt may still bring money, `hold_moved` when
    the money is there.
    """
    hold = lock_hold(booking_id)
    if hold.fundings.filter(closed_at__isnull=True, captured_at__isnull=True).exists():
        raise Conflict("payment_in_progress", "A payment for this booking may still succeed.")
    move(hold, HoldState.VOID, actor=actor, reason=reason)


def _moved(state: str) -> Conflict:
    return Conflict("hold_moved", f"The payment is {HoldState(state).label.lower()}; reload and look again.")
