"""The chart of accounts: which kinds exist, which side is natural, which may never go below zero.

The same table is held by constraints of `ledger_account`; a new kind is therefore a migration.
"""

from dataclasses import dataclass
from typing import Final

DEBIT: Final = 1
CREDIT: Final = -1


@dataclass(frozen=True, slots=True)
class AccountKind:
    """One kind of account.

    side: the side on which its balance is naturally positive (+1 debit, -1 credit).
    owned: one account for each owner (a booking, a sitter), or one for the whole company.
    guarded: the database refuses a natural balance below zero.
    """

    name: str
    side: int
    owned: bool = False
    guarded: bool = False
    meaning: str = ""


CHART: Final[dict[str, AccountKind]] = {
    kind.name: kind
    for kind in (
        AccountKind("stripe_clearing", DEBIT, meaning="money that lies with the gateway"),
        AccountKind("bank", DEBIT, meaning="money that the gateway paid out to us"),
        AccountKind("escrow", CREDIT, owned=True, guarded=True, meaning="held for a booking's stay"),
        AccountKind(
            "owner_fee_deferred",
            CREDIT,
            owned=True,
            guarded=True,
            meaning="owner's fee, not yet earned",
        ),
        AccountKind("transfer_in_flight", CREDIT, meaning="released, transfer not yet confirmed"),
        AccountKind("revenue_owner_fee", CREDIT, meaning="earned owner fees"),
        AccountKind("revenue_sitter_fee", CREDIT, meaning="earned sitter fees"),
        AccountKind("revenue_wash", CREDIT, meaning="washes sold"),
        AccountKind("stripe_fees", DEBIT, meaning="the gateway's own fees"),
        AccountKind("dispute_suspense", DEBIT, meaning="withdrawn by an open dispute"),
        AccountKind("dispute_loss", DEBIT, meaning="lost disputes"),
        AccountKind("dispute_fees", DEBIT, meaning="the gateway's fees for disputes"),
        AccountKind("tax_payable", CREDIT, meaning="collected for the tax office"),
        AccountKind(
            "sitter_receivable",
            DEBIT,
            owned=True,
            guarded=True,
            meaning="owed back by a sitter; never settled beyond what is owed",
        ),
        AccountKind("goodwill", DEBIT, meaning="refunds at the platform's cost"),
        AccountKind("rounding", DEBIT, meaning="must stay zero"),
    )
}


def kind_of(name: str) -> AccountKind:
    """Return the chart's row.

    Raises: ValueError for a name that the chart does not hold.
    """
    try:
        return CHART[name]
    except KeyError:
        raise ValueError(f"{name!r} is not an account of the chart: {', '.join(CHART)}") from None
