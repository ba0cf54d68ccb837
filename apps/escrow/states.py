"""The life of a hold: its states and the moves between them.

How much was refunded is an amount, not a state. Freeze and dispute are blockers beside the state:
lifting one resumes exactly where the hold stood.
"""

from django.db import models


class HoldState(models.TextChoices):
    """Where the protected payment of one booking stands."""

    AWAITING_FUNDS = "awaiting_funds", "Waiting for the payment"
    HELD = "held", "Held"
    RELEASE_DUE = "release_due", "The clock to the payout runs"
    RELEASING = "releasing", "The transfer to the sitter is under way"
    RELEASED = "released", "Paid out"
    REFUNDING = "refunding", "A refund is under way"
    REFUNDED = "refunded", "Everything went back to the owner"
    CLAWING_BACK = "clawing_back", "A payout is being reversed"
    CLAWED_BACK = "clawed_back", "The payout came back"
    CLAWBACK_SHORT = "clawback_short", "The payout came back in part; the sitter owes the rest"
    VOID = "void", "Never paid"


_S = HoldState

# REFUNDED -> HELD: a bank can return a refund days after it was confirmed; the money is then ours to
# keep safe again, frozen until staff decides.
# HELD and RELEASE_DUE -> REFUNDED: a lost dispute took everything that was held.
# A payout can be clawed back in several goes, each for a part of it.
# VOID is the end of a hold whose payment was cancelled; VOID -> HELD is a success that the gateway
# reports all the same. The money is then on record, and goes back or serves the booking.
MOVES: dict[HoldState, frozenset[HoldState]] = {
    _S.AWAITING_FUNDS: frozenset({_S.HELD, _S.VOID}),
    _S.VOID: frozenset({_S.HELD}),
    _S.HELD: frozenset({_S.RELEASE_DUE, _S.REFUNDING, _S.REFUNDED}),
    _S.RELEASE_DUE: frozenset({_S.RELEASING, _S.REFUNDING, _S.REFUNDED}),
    _S.RELEASING: frozenset({_S.RELEASED, _S.RELEASE_DUE}),
    _S.REFUNDING: frozenset({_S.HELD, _S.RELEASE_DUE, _S.REFUNDED}),
    _S.RELEASED: frozenset({_S.CLAWING_BACK}),
    _S.CLAWING_BACK: frozenset({_S.CLAWED_BACK, _S.CLAWBACK_SHORT}),
    _S.REFUNDED: frozenset({_S.HELD}),
    _S.CLAWED_BACK: frozenset({_S.CLAWING_BACK}),
    _S.CLAWBACK_SHORT: frozenset({_S.CLAWING_BACK}),
}

# States in which the escrow account of the booking holds the owner's money.
FUNDED = frozenset({_S.HELD, _S.RELEASE_DUE, _S.REFUNDING})

# States after a payout, in which nothing is under way.
PAID_OUT = frozenset({_S.RELEASED, _S.CLAWED_BACK, _S.CLAWBACK_SHORT})


class PartStatus(models.TextChoices):
    """Where one transfer of a release, or one gateway refund of a refund, stands."""

    IN_TRANSIT = "in_transit", "Under way"
    PAID = "paid", "Confirmed"
    FAILED = "failed", "Refused or returned; the money is held"


class Blocker(models.TextChoices):
    """What stops a release without changing the hold's state."""

    FREEZE = "freeze", "Frozen by staff or by a reported problem"
    DISPUTE = "dispute", "The cardholder disputes the charge"


def can_move(old: str, new: str) -> bool:
    """Tell whether a hold may go from the old state to the new one."""
    return HoldState(new) in MOVES[HoldState(old)]
