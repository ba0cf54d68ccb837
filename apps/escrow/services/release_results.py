"""What the gateway says about a payout's transfers: the same for the answer, the webhook and the sweep."""

from django.conf import settings
from django.db.models import Sum

from apps.common import events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.escrow import journals
from apps.escrow.amounts import Parts
from apps.escrow.events import PayoutFailed, PayoutReleased
from apps.escrow.models import Hold, Release, ReleasePart
from apps.escrow.services import receivables
from apps.escrow.services.holds import lock_hold, move
from apps.escrow.services.losses import end_if_whole, hold_again
from apps.escrow.services.stops import STOPS
from apps.escrow.states import HoldState, PartStatus
from apps.payments.types import TransferView


def settle_success(transfer: TransferView) -> None:
    """One transfer is confirmed. Inside its result transaction."""
    require_transaction()
    part, hold = _lock_by_part(transfer.subject)
    if part.status != PartStatus.IN_TRANSIT:
        return
    _close(part, PartStatus.PAID)
    journals.post_transfers_confirmed([part])
    conclude(hold, part.release)


def settle_failure(transfer: TransferView) -> None:
    """One transfer was refused: its money and both fees on it are back in escrow, due again.

    What other transfers of the release paid stays paid. Inside the transfer's result transaction.
    """
    require_transaction()
    part, hold = _lock_by_part(transfer.subject)
    if part.status != PartStatus.IN_TRANSIT:
        return
    _close(part, PartStatus.FAILED, transfer.failure_code or "transfer_failed")
    receivables.give_up(part)  # a debt's row before its balance in the ledger, as a claim takes them
    journals.post_release_undone(part)
    hold_again(hold, [(part.funding, Parts.of(part.stay_minor, part.owner_fee_minor, hold.currency))])
    conclude(hold, part.release)
    end_if_whole(hold)


def conclude(hold: Hold, release: Release) -> None:
    """Settle a release when all its transfers have their answer, and move the hold on."""
    parts = list(release.parts.order_by("id"))
    if any(part.status == PartStatus.IN_TRANSIT for part in parts):
        return
    refused = [part for part in parts if part.status == PartStatus.FAILED]
    codes = [part.failure_code for part in refused]
    # What was only withheld says less than what the gateway refused.
    code = min(codes, key=lambda one: one in STOPS, default="")
    _settle(release, _status_of(parts, refused), code)
    if refused:
        _make_due_again(hold, code)
    else:
        _finish(hold, release)


def _status_of(parts: list[ReleasePart], refused: list[ReleasePart]) -> Release.Status:
    if not refused:
        return Release.Status.PAID
    return Release.Status.FAILED if len(refused) == len(parts) else Release.Status.PARTIAL


def _settle(release: Release, status: Release.Status, code: str) -> None:
    release.status, release.failure_code, release.settled_at = status, code, business_now()
    release.save(update_fields=["status", "failure_code", "settled_at"])


def _make_due_again(hold: Hold, code: str) -> None:
    if code in STOPS:  # never sent, and due at once when nothing stops it any more
        move(hold, HoldState.RELEASE_DUE, actor=None, reason=f"stopped before it was sent: {code}")
        return
    move(
        hold,
        HoldState.RELEASE_DUE,
        actor=None,
        reason=f"transfer refused: {code}",
        next_attempt_at=business_now() + settings.PAYOUT_RETRY_AFTER,
        last_problem=code,
    )
    events.publish(PayoutFailed(hold_id=str(hold.public_id), booking_id=hold.booking_id, failure_code=code))


def _finish(hold: Hold, release: Release) -> None:
    move(hold, HoldState.RELEASED, actor=None, reason="transfer confirmed", released_at=release.settled_at)
    paid = ReleasePart.objects.filter(release__hold=hold, status=PartStatus.PAID)
    events.publish(
        PayoutReleased(
            hold_id=str(hold.public_id),
            booking_id=hold.booking_id,
            amount_minor=paid.aggregate(total=Sum("payout_minor"))["total"] or 0,
            currency=release.currency,
        )
    )


def _close(part: ReleasePart, status: PartStatus, code: str = "") -> None:
    part.status, part.failure_code, part.settled_at = status, code, business_now()
    part.save(update_fields=["status", "failure_code", "settled_at"])


def _lock_by_part(public_id: str) -> tuple[ReleasePart, Hold]:
    """Return the part as it stands now that its hold is locked."""
    parts = ReleasePart.objects.filter(public_id=public_id)
    hold = lock_hold(parts.values_list("release__hold__booking_id", flat=True).get())
    return parts.select_related("release__hold", "funding").get(), hold
