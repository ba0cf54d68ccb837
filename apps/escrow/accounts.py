"""The accounts of the ledger that money of bookings moves between, and how a journal gets there."""

from apps.common.clock import business_now
from apps.escrow.models import Hold
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, Leg, Posting

CLEARING = AccountRef("stripe_clearing")
BANK = AccountRef("bank")
IN_FLIGHT = AccountRef("transfer_in_flight")
SITTER_FEES = AccountRef("revenue_sitter_fee")
OWNER_FEES = AccountRef("revenue_owner_fee")
SUSPENSE = AccountRef("dispute_suspense")
LOSS = AccountRef("dispute_loss")
GOODWILL = AccountRef("goodwill")


def escrow_of(hold: Hold) -> AccountRef:
    """Return the account that holds a booking's stay."""
    return AccountRef("escrow", hold.booking_id)


def deferred_of(hold: Hold) -> AccountRef:
    """Return the account of the owner's fee that is not earned yet."""
    return AccountRef("owner_fee_deferred", hold.booking_id)


def receivable_of(hold: Hold) -> AccountRef:
    """Return the account of what a booking's sitter owes."""
    return AccountRef("sitter_receivable", str(hold.payee_user.public_id))


def posting(kind: str, key: str, legs: list[Leg]) -> Posting:
    """Return a journal of the legs that move money."""
    return Posting(kind, key, tuple(leg for leg in legs if leg.amount))


def post(kind: str, key: str, legs: list[Leg]) -> None:
    """Post a journal of now, in the caller's transaction; a repeat of its key posts nothing."""
    journal = posting(kind, key, legs)
    ledger.post(kind=journal.kind, key=journal.key, legs=journal.legs, effective_at=business_now())
