"""What a payout still stands for, part by part, and whether its payment can be given back at all."""

from django.db.models import Sum

from apps.common.errors import Conflict, InvalidInput
from apps.common.money import Money
from apps.escrow.amounts import Parts
from apps.escrow.clawing import Standing
from apps.escrow.models import ClawBackPart, Dispute, Funding, Hold, ReleasePart
from apps.escrow.services.shares import left_in
from apps.escrow.states import PAID_OUT, HoldState, PartStatus
from apps.payments import selectors as payments_q

Paid = tuple[ReleasePart, Standing]


def standings_of(hold: Hold, *, charged_back: bool) -> list[Paid]:
    """Return the parts of a payout that arrived, oldest first: of payments that a bank took back, or of others.

    The gateway refunds no payment whose dispute was lost; the loss of such a payment is recovered.
    """
    lost = set(hold.disputes.filter(status=Dispute.Status.LOST).values_list("funding_id", flat=True))
    parts = ReleasePart.objects.filter(release__hold=hold, status=PartStatus.PAID).select_related("funding")
    return [
        (part, _standing(part, hold.currency))
        for part in parts.order_by("id")
        if (part.funding_id in lost) == charged_back
    ]


def refuse_unless_paid_out(hold: Hold) -> None:
    """Refuse what only makes sense after a payout, and what would lose the money twice.

    Raises: Conflict `claw_back_in_progress` | `not_paid_out` | `payment_disputed`.
    """
    if hold.state == HoldState.CLAWING_BACK:
        raise Conflict("claw_back_in_progress", "A claw back of this payout is under way.", transient=True)
    if hold.state not in PAID_OUT:
        label = HoldState(hold.state).label.lower()
        raise Conflict("not_paid_out", f"This payment was not paid out: {label}. Refund it instead.")
    if hold.disputed_at is not None:
        raise Conflict(
            "payment_disputed", "The card's bank decides about this payment; what goes back now is lost twice."
        )


def refuse_broken_steps(name: str, amount: Money, most: Money) -> None:
    """Refuse what a card cannot be refunded: the gateway would, when the money has left the sitter already."""
    if amount != most and amount.amount_minor % amount.step_minor:
        raise InvalidInput.field(name, f"must be a multiple of {amount.step_minor}, as cards are refunded.")


def refundable(hold: Hold, funding: Funding) -> Money:
    """Return what the gateway would still refund of a payment, beside what is held of it anyway."""
    return payments_q.refundable(funding.payment_id) - left_in(hold, funding).total


def total_of(standings: list[Paid], currency: str) -> Parts:
    """Return the stay price and the owner's fee that the parts stand for."""
    total = Parts.of(0, 0, currency)
    for _, standing in standings:
        total += Parts(standing.stay, standing.owner_fee)
    return total


def _standing(part: ReleasePart, currency: str) -> Standing:
    taken = ClawBackPart.objects.filter(release_part=part).aggregate(
        sitter=Sum("sitter_minor", default=0),
        sitter_fee=Sum("sitter_fee_minor", default=0),
        owner_fee=Sum("owner_fee_minor", default=0),
        came=Sum("reversed_minor", default=0),
    )
    return Standing(
        sitter=Money(part.payout_minor + part.offset_minor - taken["sitter"], currency),
        sitter_fee=Money(part.sitter_fee_minor - taken["sitter_fee"], currency),
        owner_fee=Money(part.owner_fee_minor - taken["owner_fee"], currency),
        reversible=Money(part.payout_minor - taken["came"], currency),
    )
