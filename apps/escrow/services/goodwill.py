"""Goodwill: money that we give an owner after the payout; the sitter keeps theirs.

The gateway can only give back what a payment brought, less what went back already. That is the most
that can be given. Before the payout the same decision is a refund by component.
"""

from django.db import transaction

from apps.accounts.models import User
from apps.common import audit
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, InvalidInput
from apps.common.money import Money
from apps.escrow import corrections
from apps.escrow.models import Dispute, Funding, Goodwill, Hold
from apps.escrow.services import standings
from apps.escrow.services.holds import lock_hold
from apps.escrow.services.shares import fundings_of
from apps.escrow.states import PartStatus
from apps.escrow.types import GoodwillView
from apps.escrow.views import view_goodwill
from apps.payments import services as payments
from apps.payments.types import RefundView

PURPOSE = "escrow_goodwill"


def goodwill(*, booking_id: str, amount: Money, reason: str, actor: User) -> list[GoodwillView]:
    """Give an owner money of ours after the payout; return one gift for each payment that it goes back to.

    Raises: InvalidInput without a reason, for nothing, or for more than the payments can give back;
    Conflict `claw_back_in_progress` | `not_paid_out` | `payment_disputed` | `charged_back`.
    """
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why: it goes into the record.")
    with transaction.atomic(durable=True):
        hold = lock_hold(booking_id)
        standings.refuse_unless_paid_out(hold)
        gifts = [_give(hold, funding, part, reason, actor) for funding, part in _shares(hold, amount)]
        audit.record(actor, "escrow.goodwill", f"hold:{hold.public_id}", reason=reason, booking=booking_id)
    for gift in gifts:
        payments.execute_refund(gift.gateway_refund_id)
    rows = Goodwill.objects.filter(pk__in=[gift.pk for gift in gifts]).select_related("hold").order_by("id")
    return [view_goodwill(row) for row in rows]


def settle_success(refund: RefundView) -> None:
    """A gift arrived. Inside its result transaction."""
    require_transaction()
    gift = _locked(refund.subject)
    if gift.status == PartStatus.IN_TRANSIT:
        _close(gift, PartStatus.PAID)
        corrections.post_goodwill(gift)


def settle_failure(refund: RefundView) -> None:
    """A gift was refused, or returned by the owner's bank: nothing was given. Inside its result transaction."""
    require_transaction()
    gift = _locked(refund.subject)
    if gift.status == PartStatus.FAILED:
        return
    if gift.status == PartStatus.PAID:
        corrections.post_goodwill_returned(gift)
    _close(gift, PartStatus.FAILED, refund.failure_code or "refund_failed")


def _shares(hold: Hold, amount: Money) -> list[tuple[Funding, Money]]:
    lost = set(hold.disputes.filter(status=Dispute.Status.LOST).values_list("funding_id", flat=True))
    fundings = [funding for funding in reversed(fundings_of(hold)) if funding.pk not in lost]
    if not fundings:
        raise Conflict("charged_back", "The owner has this money back through the bank.")
    zero = Money.zero(hold.currency)
    most = [(funding, max(zero, standings.refundable(hold, funding))) for funding in fundings]
    limit = sum((left for _, left in most), zero)
    if not zero < amount <= limit:
        raise InvalidInput.field("amount_minor", f"must be above 0, and at most {limit}: what was paid, less refunds.")
    standings.refuse_broken_steps("amount_minor", amount, limit)
    shares = []
    for funding, left in most:
        step = min(amount, left)
        amount -= step
        if step:
            shares.append((funding, step))
    return shares


def _give(hold: Hold, funding: Funding, amount: Money, reason: str, actor: User) -> Goodwill:
    gift = Goodwill(
        hold=hold,
        funding=funding,
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        reason=reason,
        actor=actor,
    )
    gift.gateway_refund_id = payments.prepare_refund(
        payment_id=funding.payment_id,
        purpose=PURPOSE,
        subject=str(gift.public_id),
        amount=amount,
        reason="goodwill",
        beyond_transfers=True,
    ).id
    gift.save(force_insert=True)
    return gift


def _locked(public_id: str) -> Goodwill:
    gift = Goodwill.objects.select_related("hold").get(public_id=public_id)
    lock_hold(gift.hold.booking_id)
    gift.refresh_from_db(fields=["status"])
    return gift


def _close(gift: Goodwill, status: PartStatus, code: str = "") -> None:
    gift.status, gift.failure_code, gift.settled_at = status, code, business_now()
    gift.save(update_fields=["status", "failure_code", "settled_at"])
