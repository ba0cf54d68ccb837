"""What each event of a hold posts in the ledger: double entry, one journal an event.

Every key is derived from the row that the event belongs to, so that a repeat posts nothing.
"""

from apps.common.clock import business_now
from apps.common.money import Money
from apps.escrow.models import Funding, Hold, Refund, Release
from apps.ledger import selectors as ledger_q
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, Leg, credit, debit

_CLEARING = AccountRef("stripe_clearing")
_IN_FLIGHT = AccountRef("transfer_in_flight")
_SITTER_FEES = AccountRef("revenue_sitter_fee")
_OWNER_FEES = AccountRef("revenue_owner_fee")


def post_capture(hold: Hold, funding: Funding) -> None:
    """The owner paid: clearing holds the money, of which the stay and the fee are owed onward."""
    _post(
        "escrow.capture",
        f"escrow-capture:{funding.payment_id}",
        [
            debit(_CLEARING, hold.stay + hold.owner_fee),
            credit(_escrow(hold), hold.stay),
            credit(_deferred(hold), hold.owner_fee),
        ],
    )


def post_surplus(hold: Hold, funding: Funding) -> None:
    """The owner paid a second time: the money lies beside the stay's until it has gone back."""
    total = hold.stay + hold.owner_fee
    _post("escrow.surplus", _surplus_key(funding), [debit(_CLEARING, total), credit(_escrow(hold), total)])


def post_surplus_returned(funding: Funding) -> None:
    """The second payment went back."""
    ledger.reverse(key=_surplus_key(funding), reason_kind="escrow.surplus_returned", effective_at=business_now())


def post_surplus_back(funding: Funding) -> None:
    """The owner's bank sent the second payment back after all: it lies beside the stay's again.

    A refund that was refused moved nothing, and posts nothing.
    """
    key = f"reverse:{_surplus_key(funding)}"
    if ledger_q.journal_by_key(key) is not None:
        ledger.reverse(key=key, reason_kind="escrow.surplus_back", effective_at=business_now())


def post_release(hold: Hold, release: Release) -> None:
    """The payout leaves escrow; from here on both fees are earned."""
    _post("escrow.release", _release_key(release), _release_legs(hold, release))


def post_release_undone(release: Release) -> None:
    """The transfer was refused: the release's journal the other way round."""
    ledger.reverse(key=_release_key(release), reason_kind="escrow.release_undone", effective_at=business_now())


def post_transfer_confirmed(release: Release) -> None:
    """The gateway moved the payout to the sitter's account."""
    payout = Money(release.payout_minor, release.currency)
    _post(
        "escrow.transfer_confirmed",
        f"escrow-transfer:{release.public_id}",
        [debit(_IN_FLIGHT, payout), credit(_CLEARING, payout)],
    )


def post_refund(hold: Hold, refund: Refund) -> None:
    """The gateway gave money back to the owner, out of the stay price and out of the fee."""
    stay = Money(refund.stay_minor, refund.currency)
    fee = Money(refund.owner_fee_minor, refund.currency)
    _post(
        "escrow.refund",
        _refund_key(refund),
        [debit(_escrow(hold), stay), debit(_deferred(hold), fee), credit(_CLEARING, stay + fee)],
    )


def post_refund_returned(refund: Refund) -> None:
    """The owner's bank sent a refund back: it is held again."""
    ledger.reverse(key=_refund_key(refund), reason_kind="escrow.refund_returned", effective_at=business_now())


def _release_legs(hold: Hold, release: Release) -> list[Leg]:
    payout = Money(release.payout_minor, release.currency)
    sitter_fee = Money(release.sitter_fee_minor, release.currency)
    owner_fee = Money(release.owner_fee_minor, release.currency)
    return [
        debit(_escrow(hold), payout + sitter_fee),
        credit(_IN_FLIGHT, payout),
        credit(_SITTER_FEES, sitter_fee),
        debit(_deferred(hold), owner_fee),
        credit(_OWNER_FEES, owner_fee),
    ]


def _release_key(release: Release) -> str:
    return f"escrow-release:{release.public_id}"


def _refund_key(refund: Refund) -> str:
    return f"escrow-refund:{refund.public_id}"


def _surplus_key(funding: Funding) -> str:
    return f"escrow-surplus:{funding.payment_id}"


def _escrow(hold: Hold) -> AccountRef:
    return AccountRef("escrow", hold.booking_id)


def _deferred(hold: Hold) -> AccountRef:
    return AccountRef("owner_fee_deferred", hold.booking_id)


def _post(kind: str, key: str, legs: list[Leg]) -> None:
    moving = [leg for leg in legs if leg.amount]
    ledger.post(kind=kind, key=key, legs=moving, effective_at=business_now())
