"""Marks beside a hold's state: written with their history and their event, or not at all."""

from apps.accounts.models import User
from apps.common import events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.escrow.events import HoldBlocked, HoldUnblocked
from apps.escrow.models import BlockerChange, Hold
from apps.escrow.states import Blocker

_COLUMN = {Blocker.FREEZE: "frozen_at", Blocker.DISPUTE: "disputed_at"}


def set_mark(hold: Hold, blocker: Blocker, *, actor: User | None, reason: str, set_on: bool) -> bool:
    """Set or take a mark on a locked hold; return whether that changed anything."""
    require_transaction()
    column = _COLUMN[blocker]
    if (getattr(hold, column) is not None) == set_on:
        return False
    setattr(hold, column, business_now() if set_on else None)
    hold.save(update_fields=[column])
    BlockerChange.objects.create(hold=hold, blocker=blocker, set_on=set_on, actor=actor, reason=reason)
    event = HoldBlocked if set_on else HoldUnblocked
    events.publish(event(hold_id=str(hold.public_id), booking_id=hold.booking_id, blocker=blocker.value))
    return True
