"""The states of runs, breaks and proposed journals, and what a break can be. Pure."""

from django.db import models


class Kind(models.TextChoices):
    """What moved, in our words; `payout` is the platform's own, to its bank; `other` is booked by nobody."""

    CHARGE = "charge"
    REFUND = "refund"
    REFUND_FAILURE = "refund_failure", "Returned refund"
    TRANSFER = "transfer"
    REVERSAL = "reversal"
    DISPUTE = "dispute"
    PAYOUT = "payout"
    OTHER = "other"
    BALANCE = "balance", "Balance"


class BreakClass(models.TextChoices):
    """Why gateway and books disagree."""

    UNKNOWN_AT_GATEWAY = "unknown_at_gateway", "At the gateway, unknown to us"
    UNRECORDED = "unrecorded", "At the gateway, not recorded yet"
    MISSING_AT_GATEWAY = "missing_at_gateway", "In our books, missing at the gateway"
    AMOUNT_DIFFERS = "amount_differs", "Amount differs"
    FEE_DIFFERS = "fee_differs", "Gateway's fee differs"
    CURRENCY_DIFFERS = "currency_differs", "Currency differs"
    UNPOSTED_ENTRY = "unposted_entry", "Gateway's entry that nobody posts"
    DUPLICATE_EFFECT = "duplicate_effect", "Twice for one cause"
    CLEARING_DIFFERS = "clearing_differs", "Clearing account differs"
    HELD_PAID_OUT = "held_paid_out", "Held money paid out to our bank"


class BreakStatus(models.TextChoices):
    """`explained`: somebody knows why, and it still shows; `resolved` is the end."""

    OPEN = "open"
    EXPLAINED = "explained"
    RESOLVED = "resolved"


class RunStatus(models.TextChoices):
    """Where a run stands."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class ProposalStatus(models.TextChoices):
    """Where a proposed journal stands."""

    PROPOSED = "proposed"
    POSTED = "posted"
    REJECTED = "rejected"


LIVE = (BreakStatus.OPEN, BreakStatus.EXPLAINED)

# Our books can follow the gateway's by a journal. What our own sweep still records, or what stands in two
# currencies, cannot: it would be booked twice, or in the wrong money.
POSTABLE = frozenset(
    {
        BreakClass.UNKNOWN_AT_GATEWAY,
        BreakClass.MISSING_AT_GATEWAY,
        BreakClass.AMOUNT_DIFFERS,
        BreakClass.FEE_DIFFERS,
        BreakClass.UNPOSTED_ENTRY,
        BreakClass.DUPLICATE_EFFECT,
    }
)

# The gateway's words: docs.stripe.com/reports/balance-transaction-types.
_KIND_OF_TYPE = {
    "charge": Kind.CHARGE,
    "payment": Kind.CHARGE,
    "refund": Kind.REFUND,
    "payment_refund": Kind.REFUND,
    "refund_failure": Kind.REFUND_FAILURE,
    "transfer": Kind.TRANSFER,
    "transfer_refund": Kind.REVERSAL,
    "payout": Kind.PAYOUT,
    "payout_cancel": Kind.PAYOUT,
    "payout_failure": Kind.PAYOUT,
}
# An adjustment says by its source what it adjusts: a dispute, or a refund that a bank returned.
_KIND_OF_ADJUSTED = {"dp": Kind.DISPUTE, "du": Kind.DISPUTE, "re": Kind.REFUND_FAILURE, "pyr": Kind.REFUND_FAILURE}


def kind_of(entry_type: str, source_id: str) -> Kind:
    """Return what an entry of the gateway's balance is to us."""
    if entry_type == "adjustment":
        return _KIND_OF_ADJUSTED.get(source_id.partition("_")[0], Kind.OTHER)
    return _KIND_OF_TYPE.get(entry_type, Kind.OTHER)


def match_id_of(kind: Kind, entry_id: str, source_id: str) -> str:
    """Return the gateway's id under which an entry meets our books: what moved, or the entry itself."""
    return entry_id if kind in {Kind.PAYOUT, Kind.OTHER} or not source_id else source_id
