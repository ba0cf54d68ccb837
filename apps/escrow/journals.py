"""What each event of a hold posts in the ledger: double entry, one journal an event.

Every key is derived from the row that the event belongs to, so that a repeat posts nothing.
"""

from collections.abc import Iterable

from apps.common.clock import business_now
from apps.common.money import Money
from apps.escrow.accounts import (
    BANK,
    CLEARING,
    IN_FLIGHT,
    OWNER_FEES,
    SITTER_FEES,
    deferred_of,
    escrow_of,
    post,
    posting,
    receivable_of,
)
from apps.escrow.models import Funding, Hold, RefundPart, ReleasePart
from apps.ledger import selectors as ledger_q
from apps.ledger import services as ledger
from apps.ledger.types import Posting, credit, debit


def post_capture(hold: Hold, funding: Funding) -> None:
    """The owner paid: clearing holds the money, of which the stay and the fee are owed onward."""
    stay, fee = Money(funding.stay_minor, hold.currency), Money(funding.owner_fee_minor, hold.currency)
    post(
        "escrow.capture",
        f"escrow-capture:{funding.payment_id}",
        [
            debit(CLEARING, stay + fee),
            credit(escrow_of(hold), stay),
            credit(deferred_of(hold), fee),
        ],
    )


def post_surplus(hold: Hold, funding: Funding) -> None:
    """The owner paid what is not needed: the money lies beside the stay's until it has gone back."""
    total = funding.total_in(hold.currency)
    post("escrow.surplus", surplus_key(funding), [debit(CLEARING, total), credit(escrow_of(hold), total)])


def post_surplus_returned(hold: Hold, funding: Funding, refund_id: str) -> None:
    """What was not needed went back, by one refund of it."""
    total = funding.total_in(hold.currency)
    post(
        "escrow.surplus_returned",
        _surplus_returned_key(refund_id),
        [debit(escrow_of(hold), total), credit(CLEARING, total)],
    )


def post_surplus_back(funding: Funding, refund_id: str) -> None:
    """The owner's bank sent such a payment back after all: it lies beside the stay's again.

    A refund that was refused moved nothing, and posts nothing.
    """
    # The first refund of each payment used to stand under the surplus's own key.
    for key in (_surplus_returned_key(refund_id), f"reverse:{surplus_key(funding)}"):
        if ledger_q.journal_by_key(key) is not None:
            ledger.reverse(key=key, reason_kind="escrow.surplus_back", effective_at=business_now())
            return


def post_release(hold: Hold, part: ReleasePart) -> None:
    """A part of a payout leaves escrow; from here on both fees on it are earned.

    What is kept for the sitter's debt pays that off.
    """
    post_releases([(hold, part)])


def post_releases(parts: Iterable[tuple[Hold, ReleasePart]]) -> None:
    """Post `post_release` of several parts, in one round trip."""
    ledger.post_all([_release(hold, part) for hold, part in parts], effective_at=business_now())


def _release(hold: Hold, part: ReleasePart) -> Posting:
    payout, offset, sitter_fee, owner_fee = (
        Money(minor, hold.currency)
        for minor in (part.payout_minor, part.offset_minor, part.sitter_fee_minor, part.owner_fee_minor)
    )
    legs = [
        debit(escrow_of(hold), payout + offset + sitter_fee),
        credit(IN_FLIGHT, payout),
        *([credit(receivable_of(hold), offset)] if offset else []),
        credit(SITTER_FEES, sitter_fee),
        debit(deferred_of(hold), owner_fee),
        credit(OWNER_FEES, owner_fee),
    ]
    return posting("escrow.release", _release_key(part), legs)


def post_release_undone(part: ReleasePart) -> None:
    """The transfer was refused: the part's journal the other way round."""
    ledger.reverse(key=_release_key(part), reason_kind="escrow.release_undone", effective_at=business_now())


def post_transfers_confirmed(parts: Iterable[ReleasePart]) -> None:
    """The gateway moved these parts of payouts to their sitters' accounts."""
    ledger.post_all([_confirmed(part) for part in parts], effective_at=business_now())


def _confirmed(part: ReleasePart) -> Posting:
    payout = Money(part.payout_minor, part.release.currency)
    legs = [debit(IN_FLIGHT, payout), credit(CLEARING, payout)]
    return posting("escrow.transfer_confirmed", f"escrow-transfer:{part.public_id}", legs)


def post_refund(hold: Hold, part: RefundPart) -> None:
    """Money went back to the owner, out of the stay price and out of the fee: by the gateway, or from our bank."""
    kind, cash = ("escrow.refund", CLEARING) if part.gateway_refund_id else ("escrow.bank_refund", BANK)
    stay, fee = Money(part.stay_minor, hold.currency), Money(part.owner_fee_minor, hold.currency)
    post(
        kind,
        _refund_key(part),
        [debit(escrow_of(hold), stay), debit(deferred_of(hold), fee), credit(cash, stay + fee)],
    )


def post_refund_returned(part: RefundPart) -> None:
    """The owner's bank sent a refund back: it is held again."""
    kind = "escrow.refund_returned" if part.gateway_refund_id else "escrow.bank_refund_returned"
    ledger.reverse(key=_refund_key(part), reason_kind=kind, effective_at=business_now())


def _release_key(part: ReleasePart) -> str:
    return f"escrow-release:{part.public_id}"


def _refund_key(part: RefundPart) -> str:
    return f"escrow-refund:{part.public_id}"


def surplus_key(funding: Funding) -> str:
    """Return the key of the journal of money that the hold has no use for."""
    return f"escrow-surplus:{funding.payment_id}"


def _surplus_returned_key(refund_id: str) -> str:
    return f"escrow-surplus-returned:{refund_id}"
