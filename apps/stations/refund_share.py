"""How much of a wash's price goes back to the customer. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.common.money import Money


@dataclass(frozen=True)
class Paid:
    """One payment of a wash and the seconds that it bought."""

    payment_id: str
    price: Money
    seconds: int


@dataclass(frozen=True)
class Share:
    """What of one payment goes back."""

    payment_id: str
    amount: Money


def unused_share(price: Money, seconds_used: int, total_seconds: int) -> Money:
    """Return the price of the unused seconds.

    What the platform keeps is rounded down, so the remainder of a cent is the customer's.
    """
    used = min(max(seconds_used, 0), total_seconds)
    kept = price.amount_minor * used // total_seconds
    kept -= kept % price.step_minor
    return Money(price.amount_minor - kept, price.currency)


def unused_shares(payments: Sequence[Paid], seconds_used: int) -> list[Share]:
    """Return what goes back of each payment, newest first; `payments` are given oldest first.

    Seconds are used up in the order in which they were paid. A payment of which nothing is left is left out.
    """
    shares, used = [], seconds_used
    for paid in payments:
        amount = unused_share(paid.price, used, paid.seconds)
        used = max(used - paid.seconds, 0)
        if amount:
            shares.append(Share(paid.payment_id, amount))
    return shares[::-1]
