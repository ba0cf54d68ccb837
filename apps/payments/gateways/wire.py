"""Amounts as Stripe writes them, where that is not the currency's own minor unit. Pure.

Source: docs.stripe.com/currencies#special-cases: ISK and UGX have no digits, but are written with two
zeros. Three-digit currencies end in 0, which `Money` sees to.
"""

from fractions import Fraction

from apps.common.money import Money

HUNDREDFOLD = frozenset({"ISK", "UGX"})


def to_wire(amount: Money) -> int:
    """Return the whole number that stands for the amount in a request."""
    return amount.amount_minor * (100 if amount.currency in HUNDREDFOLD else 1)


def from_wire(amount: int, currency: str) -> Money:
    """Read the whole number of an answer; `currency` comes in either case.

    A gateway's own fee may have fractions of a króna: they are rounded half to even.
    """
    code = str(currency).upper()
    return Money(round(Fraction(amount, 100)) if code in HUNDREDFOLD else amount, code)
