"""How much of a wash's price goes back to the customer. Pure."""

from apps.common.money import Money


def unused_share(price: Money, seconds_used: int, total_seconds: int) -> Money:
    """Return the price of the unused seconds.

    What the platform keeps is rounded down, so the remainder of a cent is the customer's.
    """
    used = min(max(seconds_used, 0), total_seconds)
    kept = price.amount_minor * used // total_seconds
    return Money(price.amount_minor - kept, price.currency)
