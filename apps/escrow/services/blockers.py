"""Freeze and lift: what stops a release beside the hold's state."""

from django.db import transaction

from apps.accounts.models import User
from apps.common import audit, events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, InvalidInput
from apps.escrow.events import HoldBlocked, HoldUnblocked
from apps.escrow.models import BlockerChange, Hold
from apps.escrow.services.holds import lock_hold
from apps.escrow.states import Blocker
from apps.escrow.types import HoldView
from apps.escrow.views import view_hold

_COLUMN = {Blocker.FREEZE: "frozen_at", Blocker.DISPUTE: "disputed_at"}


def freeze(*, booking_id: str, actor: User, reason: str) -> HoldView:
    """Stop the release of a hold until it is lifted; a payout under way is not called back.

    Raises: InvalidInput without a reason; Conflict `already_frozen`.
    """
    return _change(booking_id, actor, reason, set_on=True)


def lift(*, booking_id: str, actor: User, reason: str) -> HoldView:
    """Let a frozen hold go on exactly where it stood; what fell due meanwhile is due at once.

    Raises: InvalidInput without a reason; Conflict `not_frozen`.
    """
    return _change(booking_id, actor, reason, set_on=False)


def freeze_in_use_case(*, booking_id: str, actor: User, reason: str) -> None:
    """Freeze as one step of another use case's transaction; a frozen hold stays frozen."""
    block(lock_hold(booking_id), Blocker.FREEZE, actor=actor, reason=reason)


def block(hold: Hold, blocker: Blocker, *, actor: User | None, reason: str) -> None:
    """Set a blocker on a locked hold; one that is set already stays as it is."""
    require_transaction()
    _set(hold, blocker, actor, reason, set_on=True)


def unblock(hold: Hold, blocker: Blocker, *, actor: User | None, reason: str) -> None:
    """Take a blocker off a locked hold."""
    require_transaction()
    _set(hold, blocker, actor, reason, set_on=False)


def _change(booking_id: str, actor: User, reason: str, *, set_on: bool) -> HoldView:
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why: it goes into the record.")
    with transaction.atomic(durable=True):
        hold = lock_hold(booking_id)
        if not _set(hold, Blocker.FREEZE, actor, reason, set_on=set_on):
            code = "already_frozen" if set_on else "not_frozen"
            raise Conflict(code, f"This payment is {code.replace('_', ' ')}.")
        action = "escrow.freeze" if set_on else "escrow.lift"
        audit.record(actor, action, f"hold:{hold.public_id}", reason=reason, booking=booking_id)
        return view_hold(hold)


def _set(hold: Hold, blocker: Blocker, actor: User | None, reason: str, *, set_on: bool) -> bool:
    column = _COLUMN[blocker]
    if (getattr(hold, column) is not None) == set_on:
        return False
    setattr(hold, column, business_now() if set_on else None)
    hold.save(update_fields=[column])
    BlockerChange.objects.create(hold=hold, blocker=blocker, set_on=set_on, actor=actor, reason=reason)
    event = HoldBlocked if set_on else HoldUnblocked
    events.publish(event(hold_id=str(hold.public_id), booking_id=hold.booking_id, blocker=blocker.value))
    return True
