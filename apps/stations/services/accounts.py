"""The accounts that washes move money on, and the names under which payments calls back."""

from apps.ledger.types import AccountRef

CLEARING = AccountRef("stripe_clearing")
REVENUE = AccountRef("revenue_wash")
GOODWILL = AccountRef("goodwill")
SUSPENSE = AccountRef("dispute_suspense")
LOSS = AccountRef("dispute_loss")
PURPOSE = "wash"
TOP_UP_PURPOSE = "wash_top_up"
