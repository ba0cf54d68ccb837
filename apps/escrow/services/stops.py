"""What stops a hold's payout, said in one place: asked before a claim, and again before the first call."""

from apps.common.db import require_transaction
from apps.common.errors import Conflict
from apps.escrow.gate import pass_gate
from apps.escrow.models import Hold, PayeeStanding, ReleasePart
from apps.escrow.services.holds import lock_hold
from apps.payments.types import TransferView

STOPS = {
    "escrow_frozen": "This payment is frozen while a problem is looked into.",
    "payment_disputed": "The cardholder disputes this payment.",
    "payouts_paused": "Payouts to this account rest at the moment: write to support.",
}


def stopped_by(hold: Hold) -> str:
    """Return the code of what stops this locked hold's payout, "" when nothing does; pass the gate first."""
    if hold.is_frozen():
        return "escrow_frozen"
    if hold.disputed_at is not None:
        return "payment_disputed"
    return "payouts_paused" if PayeeStanding.objects.resting().filter(user=hold.payee_user_id).exists() else ""


def stop(code: str) -> Conflict:
    """Return the refusal of a payout that is stopped; it may pass."""
    return Conflict(code, STOPS[code], transient=True)


def withheld(transfer: TransferView) -> str:
    """Return why a claimed transfer must not be sent after all: something stopped it since the claim."""
    require_transaction()
    pass_gate()
    part = ReleasePart.objects.select_related("release__hold").get(public_id=transfer.subject)
    return stopped_by(lock_hold(part.release.hold.booking_id))
