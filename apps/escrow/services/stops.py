"""What stops a hold's payout, said in one place: asked before a claim, and again before the first call."""

from collections.abc import Sequence

from apps.common.db import require_transaction
from apps.common.errors import Conflict
from apps.escrow.gate import pass_gate
from apps.escrow.models import Hold, PayeeStanding, ReleasePart
from apps.escrow.services.holds import lock_hold, lock_holds
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


def withheld_of(transfers: Sequence[TransferView]) -> set[str]:
    """Return the ids of those that `withheld` stops, asked of all at once."""
    require_transaction()
    pass_gate()
    parts = ReleasePart.objects.filter(public_id__in=[transfer.subject for transfer in transfers])
    hold_of = {str(subject): hold for subject, hold in parts.values_list("public_id", "release__hold")}
    lock_holds(hold_of.values())
    free = Hold.objects.filter(pk__in=hold_of.values(), disputed_at__isnull=True).unfrozen().payees_paid()
    goes = set(free.values_list("pk", flat=True))
    return {transfer.id for transfer in transfers if hold_of[transfer.subject] not in goes}
