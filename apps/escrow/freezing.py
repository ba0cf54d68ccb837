"""Scoped freezes: what they cover, how long they stand, and who has to agree. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import models

from apps.common.money import Money


class FreezeScope(models.TextChoices):
    """Whose payouts a freeze stops."""

    BOOKING = "booking", "One booking"
    SITTER = "sitter", "All bookings of one sitter"
    EVERYTHING = "everything", "Every payout"


class FreezeStep(models.TextChoices):
    """What happened to a freeze."""

    PLACED = "placed", "Placed"
    KEPT = "kept", "Stands until it is lifted: a further reason came"
    APPROVED = "approved", "Approved by a second person"
    LIFT_ASKED = "lift_asked", "Lift asked for; a second person decides"
    LIFTED = "lifted", "Lifted"
    EXPIRED = "expired", "Expired"
    LAPSED = "lapsed", "Lapsed: no second person approved in time"


# Least privilege: whoever judges behaviour stops one side of the market, whoever answers for money may stop all.
WHO_MAY: dict[FreezeScope, tuple[str, ...]] = {
    FreezeScope.BOOKING: ("Finance", "Trust & Safety"),
    FreezeScope.SITTER: ("Finance", "Trust & Safety"),
    FreezeScope.EVERYTHING: ("Finance",),
}
LONGEST = timedelta(days=90)


@dataclass(frozen=True)
class FreezeTarget:
    """What to freeze: a booking by its public id, a sitter by the inside id of the account, or all."""

    scope: FreezeScope
    booking_id: str = ""
    payee_user_id: int | None = None

    def __str__(self) -> str:
        """Name the target as the audit trail does."""
        return f"{self.scope.value}:{self.booking_id or self.payee_user_id or '*'}"


@dataclass(frozen=True)
class CoveredHold:
    """One hold that a freeze stops."""

    booking_id: str
    left: Money
    release_due_at: datetime | None


@dataclass(frozen=True)
class Covered:
    """What a freeze stops: `count` holds with money in them, its sums by currency, the first rows.

    `under_way` payouts have been claimed already; those not yet sent are stopped, too.
    """

    count: int
    sums: dict[str, Money] = field(default_factory=dict)
    under_way: int = 0
    first: tuple[CoveredHold, ...] = ()

    def facts(self) -> dict[str, object]:
        """Return plain values for the record."""
        sums = {currency: money.amount_minor for currency, money in sorted(self.sums.items())}
        return {"count": self.count, "sums_minor": sums, "under_way": self.under_way}


def needs_second_person(scope: FreezeScope, sums: dict[str, Money], limits: dict[str, Money]) -> bool:
    """Tell whether two people have to agree: for everything always, else above a currency's limit.

    A currency without a limit has a limit of zero: a forgotten row costs a signature, not money.
    """
    if scope == FreezeScope.EVERYTHING:
        return True
    return any(money > limits.get(currency, Money.zero(currency)) for currency, money in sums.items())
