"""What is posted when something is put right after the payout: claw backs, debts, disputes, goodwill.

As in `journals`, every key is derived from the row that the event belongs to: a repeat posts nothing.
"""

from apps.common.clock import business_now
from apps.common.money import Money
from apps.escrow.accounts import (
    CLEARING,
    GOODWILL,
    LOSS,
    OWNER_FEES,
    SITTER_FEES,
    SUSPENSE,
    deferred_of,
    escrow_of,
    post,
    receivable_of,
)
from apps.escrow.amounts import Parts
from apps.escrow.models import ClawBackPart, Dispute, DisputeChange, Goodwill, Hold, ReceivableChange
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, Leg, credit, debit


def post_clawed_back(hold: Hold, part: ClawBackPart) -> None:
    """A part of the payout is taken back: it is held for the booking again, with our fees on it.

    What the sitter's account did not hold is owed by the sitter, and put in by us.
    """
    came, short = _came_and_short(part)
    sitter_fee, owner_fee = _money(part, part.sitter_fee_minor), _money(part, part.owner_fee_minor)
    _post(
        "escrow.clawed_back",
        f"escrow-clawback:{part.public_id}",
        [
            debit(CLEARING, came),
            debit(receivable_of(hold), short),
            debit(SITTER_FEES, sitter_fee),
            credit(escrow_of(hold), came + short + sitter_fee),
            debit(OWNER_FEES, owner_fee),
            credit(deferred_of(hold), owner_fee),
        ],
    )


def post_recovered(hold: Hold, part: ClawBackPart) -> None:
    """A part of the payout is taken back into the loss of a dispute."""
    came, short = _came_and_short(part)
    _post(
        "escrow.recovered",
        f"escrow-clawback:{part.public_id}",
        [debit(CLEARING, came), debit(receivable_of(hold), short), credit(LOSS, came + short)],
    )


def post_written_off(sitter_id: str, change: ReceivableChange) -> None:
    """What a sitter still owed is given up, at our cost."""
    amount = Money(-change.amount_minor, change.receivable.currency)
    _post(
        "escrow.receivable_written_off",
        f"escrow-write-off:{change.public_id}",
        [debit(GOODWILL, amount), credit(AccountRef("sitter_receivable", sitter_id), amount)],
    )


def post_dispute_lost(hold: Hold, dispute: Dispute) -> None:
    """The cardholder keeps the money: what was held for the booking pays for it first, we for the rest."""
    stay, fee, borne = (
        Money(minor, hold.currency)
        for minor in (dispute.stay_lost_minor, dispute.owner_fee_lost_minor, dispute.borne_minor)
    )
    _post(
        "escrow.surplus_lost" if dispute.funding.surplus else "escrow.dispute_lost",
        f"escrow-dispute-lost:{dispute.public_id}",
        [
            debit(escrow_of(hold), stay),
            debit(deferred_of(hold), fee),
            debit(LOSS, borne),
            credit(SUSPENSE, stay + fee + borne),
        ],
    )


def post_loss_covered(hold: Hold, change: DisputeChange, covered: Parts) -> None:
    """Money of a payment that a bank took came back to us after all: it pays what that cost us."""
    _post(
        "escrow.loss_covered",
        f"escrow-dispute-covered:{change.pk}",
        [
            debit(escrow_of(hold), covered.stay),
            debit(deferred_of(hold), covered.owner_fee),
            credit(LOSS, covered.total),
        ],
    )


def post_goodwill(gift: Goodwill) -> None:
    """We gave the owner money of ours."""
    amount = Money(gift.amount_minor, gift.currency)
    _post("escrow.goodwill", goodwill_key(gift), [debit(GOODWILL, amount), credit(CLEARING, amount)])


def post_goodwill_returned(gift: Goodwill) -> None:
    """The owner's bank sent our gift back."""
    ledger.reverse(key=goodwill_key(gift), reason_kind="escrow.goodwill_returned", effective_at=business_now())


def goodwill_key(gift: Goodwill) -> str:
    """Return the key under which a gift stands in the ledger."""
    return f"escrow-goodwill:{gift.public_id}"


def _came_and_short(part: ClawBackPart) -> tuple[Money, Money]:
    return _money(part, part.reversed_minor), _money(part, part.sitter_minor - part.reversed_minor)


def _money(part: ClawBackPart, minor: int) -> Money:
    return Money(minor, part.claw_back.currency)


def _post(kind: str, key: str, legs: list[Leg]) -> None:
    """Post what moves money: a correction may come to nothing."""
    if any(leg.amount for leg in legs):
        post(kind, key, legs)
