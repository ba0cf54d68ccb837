"""What goes back when a booking is cancelled: the refund matrix. Pure.

The tier was chosen by the sitter and frozen into the booking; notice counts to the scheduled start.
Pro rata leaves its remainder of a cent on the owner's side.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.bookings.types import CancellationPolicy
from apps.common.money import Money

_H, _D = timedelta(hours=1), timedelta(days=1)

# (notice of more than, percent of the stay price back); the first that fits, else nothing.
TIERS: dict[CancellationPolicy, tuple[tuple[timedelta, int], ...]] = {
    CancellationPolicy.FLEXIBLE: ((24 * _H, 100), (12 * _H, 50)),
    CancellationPolicy.MODERATE: ((3 * _D, 100), (24 * _H, 50)),
    CancellationPolicy.STRICT: ((7 * _D, 100), (24 * _H, 50)),
}
GRACE_AFTER_BOOKING = 24 * _H
GRACE_NEEDS_NOTICE = 7 * _D


@dataclass(frozen=True)
class Cancellation:
    """The facts that decide a refund."""

    policy: CancellationPolicy
    booked_at: datetime
    starts_at: datetime
    now: datetime
    by_owner: bool


@dataclass(frozen=True)
class RefundTerms:
    """What goes back, by component, under which rule, in words."""

    rule: str
    percent: int
    stay: Money
    owner_fee: Money
    why: str


def refund_terms(facts: Cancellation, stay: Money, owner_fee: Money) -> RefundTerms:
    """Return what a cancellation at `facts.now` gives back of the stay price and the owner's fee."""
    rule, percent, why = _rule(facts)
    # The sitter's part is rounded down to what a card can be refunded: the remainder goes to the owner.
    steps = stay.amount_minor * (100 - percent) // (100 * stay.step_minor)
    sitter_keeps = Money(steps * stay.step_minor, stay.currency)
    return RefundTerms(
        rule=rule,
        percent=percent,
        stay=stay - sitter_keeps,
        owner_fee=owner_fee if percent == 100 else Money.zero(stay.currency),
        why=why,
    )


def _rule(facts: Cancellation) -> tuple[str, int, str]:
    if not facts.by_owner:
        return "sitter_cancels", 100, "The sitter cancels: everything goes back."
    notice = facts.starts_at - facts.now
    in_grace = facts.now - facts.booked_at <= GRACE_AFTER_BOOKING
    if in_grace and notice >= GRACE_NEEDS_NOTICE:
        return "grace", 100, "Within 24 hours of booking and a week or more ahead: all goes back."
    name = facts.policy.value
    for least, percent in TIERS[facts.policy]:
        if notice > least:
            window = "full" if percent == 100 else "partial"
            hours = int(least / _H)
            return (
                f"{name}_{window}",
                percent,
                f"The {name} policy gives {percent}% back until {hours} hours before the start.",
            )
    return f"{name}_none", 0, f"The {name} policy gives nothing back this close to the start."
