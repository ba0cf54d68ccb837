"""What added seconds cost and need, at the terms of the purchase. Pure."""

from collections.abc import Mapping

from apps.common.money import Money

FEWEST_SECONDS, MOST_SECONDS = 30, 1_800
"""Bounds of one top-up: below, a card's fee eats the sale."""
LONGEST_TOTAL = 7_200
"""Seconds of one wash, top-ups included: beyond, somebody keeps the bay from everybody else."""


def price_of(seconds: int, price: Money, bought_seconds: int) -> Money:
    """Return the price of added seconds at the rate of the purchase, rounded down to what can be charged."""
    step = price.step_minor
    return Money(max(price.amount_minor * seconds // bought_seconds // step, 1) * step, price.currency)


def ml_of(seconds: int, ml: Mapping[str, int], bought_seconds: int) -> dict[str, int]:
    """Return the millilitres that added seconds may need, rounded up: a tank must not run dry for a drop."""
    return {chemical: -(-amount * seconds // bought_seconds) for chemical, amount in ml.items()}


def with_more(ml: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Return the sum of two needs."""
    return {chemical: ml.get(chemical, 0) + more.get(chemical, 0) for chemical in {**ml, **more}}


def with_less(ml: Mapping[str, int], less: Mapping[str, int]) -> dict[str, int]:
    """Return a need without a part of it."""
    return {chemical: max(amount - less.get(chemical, 0), 0) for chemical, amount in ml.items()}
