"""What stops a release beside the hold's state: a booking's freeze and lift, a dispute."""

from apps.accounts.models import User
from apps.common.db import require_transaction
from apps.common.errors import Conflict, NotFound
from apps.escrow.freezing import FreezeScope, FreezeTarget
from apps.escrow.models import Freeze, Hold
from apps.escrow.services import freezes
from apps.escrow.services.holds import lock_hold
from apps.escrow.services.marks import set_mark
from apps.escrow.states import Blocker
from apps.escrow.types import HoldView
from apps.escrow.views import view_hold


def freeze(*, booking_id: str, actor: User, reason: str) -> HoldView:
    """Stop the release of a hold until it is lifted; a payout that was sent is not called back.

    Raises: as `freezes.place`.
    """
    freezes.place(target=_target(booking_id), actor=actor, reason=reason)
    return view_hold(Hold.objects.get(booking_id=booking_id))


def lift(*, booking_id: str, actor: User, reason: str) -> HoldView:
    """Lift a booking's own freeze; the hold goes on exactly where it stood, due at once if it fell due.

    Above the limit the first person asks and a second one lifts: look at `frozen` of the answer.
    Raises: NotFound; as `freezes.lift`; Conflict `not_frozen` also when only a wider freeze stops it.
    """
    standing = Freeze.objects.active().of(_target(booking_id)).first()
    if standing is None:
        hold = Hold.objects.filter(booking_id=booking_id).first()
        if hold is None:
            raise NotFound
        wide = " It is stopped by a wider freeze: lift that one." if hold.is_frozen() else ""
        raise Conflict("not_frozen", f"This payment is not frozen.{wide}")
    freezes.lift(freeze_id=str(standing.public_id), actor=actor, reason=reason)
    return view_hold(Hold.objects.get(booking_id=booking_id))


def freeze_in_use_case(*, booking_id: str, actor: User, reason: str) -> None:
    """Freeze as one step of another use case's transaction; a frozen hold stays frozen."""
    freezes.keep_frozen(lock_hold(booking_id), actor=actor, reason=reason)


def block(hold: Hold, blocker: Blocker, *, actor: User | None, reason: str) -> None:
    """Set a blocker on a locked hold; one that is set already stays, a freeze then until it is lifted."""
    require_transaction()
    if blocker == Blocker.FREEZE:
        freezes.keep_frozen(hold, actor=actor, reason=reason)
    else:
        set_mark(hold, blocker, actor=actor, reason=reason, set_on=True)


def unblock(hold: Hold, blocker: Blocker, *, actor: User | None, reason: str) -> None:
    """Take a dispute's mark off a locked hold; a freeze is lifted by its own rule."""
    require_transaction()
    if blocker == Blocker.FREEZE:
        raise ValueError("A freeze is lifted by freezes.lift, which asks who may.")
    set_mark(hold, blocker, actor=actor, reason=reason, set_on=False)


def _target(booking_id: str) -> FreezeTarget:
    return FreezeTarget(FreezeScope.BOOKING, booking_id=booking_id)
