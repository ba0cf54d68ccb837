"""The journal that would make our books follow the gateway's. Pure."""

from apps.common.errors import InvalidInput
from apps.common.money import Money
from apps.ledger.types import AccountRef, Leg
from apps.reconciliation.types import JournalProposal

CLEARING = AccountRef("stripe_clearing")
FEE_ACCOUNTS = ("stripe_fees", "dispute_fees")
# Accounts against which Finance may post, with the words for a button; none of them is anybody's held money.
COUNTER_ACCOUNTS = {
    "stripe_fees": "the gateway's fees",
    "bank": "our bank",
    "dispute_loss": "lost disputes",
    "goodwill": "goodwill",
    "tax_payable": "taxes",
}


def propose(difference: Money, counter: str) -> JournalProposal:
    """Return the journal that takes `difference` (ours less theirs) out of the clearing account.

    Raises: InvalidInput for an account that is not offered.
    """
    if counter not in COUNTER_ACCOUNTS:
        raise InvalidInput.field("account", f"must be one of {', '.join(COUNTER_ACCOUNTS)}")
    legs = (Leg(CLEARING, -difference), Leg(AccountRef(counter), difference))
    return JournalProposal(difference.currency, legs)
