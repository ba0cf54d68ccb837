"""Where a booking's money is, summed from its journals in the ledger. Pure.

Every journal balances, so what these sums say always adds up to what was paid: it cannot be otherwise,
whatever happened and whatever instant is asked about.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apps.ledger.types import JournalView

# Where money comes to us and leaves us; what goes through, by the kind of the journal.
_CASH = frozenset({"stripe_clearing", "bank"})
_TO_OWNER = frozenset(
    {
        "escrow.refund", "escrow.refund_returned", "escrow.surplus_returned", "escrow.surplus_back",
        "escrow.goodwill", "escrow.goodwill_returned", "escrow.bank_refund", "escrow.bank_refund_returned",
    }
)  # fmt: skip
_SURPLUS = frozenset({"escrow.surplus", "escrow.surplus_returned", "escrow.surplus_back", "escrow.surplus_lost"})
_FROM_OWNER = frozenset({"escrow.capture", "escrow.surplus"})
_SITTER = frozenset({"escrow.transfer_confirmed", "escrow.clawed_back", "escrow.recovered"})
_SHORT = frozenset({"escrow.clawed_back", "escrow.recovered"})


@dataclass(frozen=True)
class Flows:
    """Sums of a booking's money, in minor units.

    paid_in = held + surplus + deferred + suspended + in_flight + with_sitter + kept + sitter_fee + owner_fee
    + refunded + charged_back - goodwill - loss - advanced. held and deferred are without what a bank holds
    during a dispute, which is `suspended`, as far as they cover it; `advanced` is the rest of that.
    """

    paid_in: int
    held: int
    surplus: int
    deferred: int
    in_flight: int
    with_sitter: int
    kept: int
    owed_by_sitter: int
    sitter_fee: int
    owner_fee: int
    refunded: int
    charged_back: int
    suspended: int
    advanced: int
    loss: int
    goodwill: int


def flows(journals: Iterable[JournalView]) -> Flows:
    """Sum the journals that concern one booking; each is given once."""
    cash: dict[str, int] = defaultdict(int)
    accounts: dict[str, int] = defaultdict(int)
    short = taken = surplus = 0
    for journal in journals:
        for leg in journal.legs:
            minor = leg.amount.amount_minor
            if leg.account.kind in _CASH:
                cash[journal.kind] += minor
            else:
                accounts[leg.account.kind] += minor
            if leg.account.kind == "sitter_receivable" and journal.kind in _SHORT:
                short += minor
            if leg.account.kind == "escrow" and journal.kind in _SURPLUS:
                surplus -= minor
            if leg.account.kind == "dispute_suspense" and journal.kind == "dispute.funds":
                taken += minor
    return _divide(cash, accounts, short, taken, surplus)


def _divide(cash: Mapping[str, int], accounts: Mapping[str, int], short: int, taken: int, surplus: int) -> Flows:
    def through(kinds: frozenset[str]) -> int:
        return sum(minor for kind, minor in cash.items() if kind in kinds)

    def natural(kind: str) -> int:
        return -accounts.get(kind, 0)

    suspended = accounts.get("dispute_suspense", 0)
    held, deferred = natural("escrow") - surplus, natural("owner_fee_deferred")
    from_held = min(suspended, held)
    from_deferred = min(suspended - from_held, deferred)
    kept = accounts.get("sitter_receivable", 0)
    with_sitter = -through(_SITTER) - short
    # What a debt kept of the payout was clawed back, too: the debt that this left is of the same money.
    overdrawn = min(with_sitter, 0)
    return Flows(
        paid_in=through(_FROM_OWNER),
        held=held - from_held,
        surplus=surplus,
        deferred=deferred - from_deferred,
        in_flight=natural("transfer_in_flight"),
        with_sitter=with_sitter - overdrawn,
        kept=short - kept + overdrawn,
        owed_by_sitter=short,
        sitter_fee=natural("revenue_sitter_fee"),
        owner_fee=natural("revenue_owner_fee"),
        refunded=-through(_TO_OWNER),
        charged_back=taken - suspended,
        suspended=suspended,
        advanced=suspended - from_held - from_deferred,
        loss=accounts.get("dispute_loss", 0),
        goodwill=accounts.get("goodwill", 0),
    )
