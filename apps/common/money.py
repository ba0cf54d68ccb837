"""Money: whole minor units of one ISO 4217 currency. Never a float.

Rounding happens here alone, half to even, to the smallest step that a card can be charged;
allocation never loses a minor unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import total_ordering

# Digits after the point, where they are not two. Source: ISO 4217 (how a gateway writes a currency
# on the wire is its adapter's business; MGA has fifths in ISO's list, and is used without).
MINOR_DIGITS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "MGA": 0,
    "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
# Cards are charged in steps of ten minor units where there are three digits; what is computed is
# therefore rounded to such a step. Source: https://docs.stripe.com/currencies#three-decimal
STEP_OF_THREE_DIGITS = 10


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum: a bug of the caller, never of the user."""


@total_ordering
@dataclass(frozen=True)
class Money:
    """An amount in minor units (cents) of a currency (three upper-case letters)."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError("amount_minor must be an int: money is never a float.")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise ValueError(f"{self.currency!r} is not an ISO 4217 code such as USD.")

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Return nothing, in that currency."""
        return cls(0, currency)

    @property
    def minor_digits(self) -> int:
        """Digits after the decimal point: 2 for USD, 0 for JPY, 3 for KWD."""
        return MINOR_DIGITS.get(self.currency, 2)

    @property
    def step_minor(self) -> int:
        """The smallest amount that can be charged, in minor units: 1 for USD and JPY, 10 for KWD."""
        return STEP_OF_THREE_DIGITS if self.minor_digits == 3 else 1

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount_minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount_minor < self._same(other)

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def times(self, factor: int | Decimal | Fraction) -> "Money":
        """Multiply, rounding half to even to a whole step of the currency."""
        steps = Fraction(self.amount_minor, self.step_minor) * Fraction(factor)
        return Money(_round_half_even(steps) * self.step_minor, self.currency)

    def percent(self, pct: int | Decimal) -> "Money":
        """Return pct percent of this amount, rounded half to even to a step of the currency."""
        return self.times(Fraction(pct) / 100)

    def allocate(self, weights: Sequence[int]) -> "list[Money]":
        """Split by weights with the largest-remainder method; the parts add up to the whole.

        Ties go to the earlier part, so that the same split always gives the same cents. Parts are whole
        steps of the currency when the amount is.
        Raises: ValueError when a weight is negative or all are zero.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("Weights must be zero or more, and one of them above zero.")
        step = 1 if self.amount_minor % self.step_minor else self.step_minor
        units = self.amount_minor // step
        exact = [Fraction(units * weight, total) for weight in weights]
        floors = [share.__floor__() for share in exact]
        by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
        for index in by_remainder[: units - sum(floors)]:
            floors[index] += 1
        return [Money(part * step, self.currency) for part in floors]

    def __str__(self) -> str:
        digits = self.minor_digits
        value = Decimal(self.amount_minor).scaleb(-digits)
        return f"{value:,.{digits}f} {self.currency}"

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up.")
        return other.amount_minor


def _round_half_even(value: Fraction) -> int:
    return round(value)  # Fraction.__round__ without digits rounds half to even, exactly


def money_from_decimal(text: str, currency: str) -> Money:
    """Read a decimal text such as "12.30" into minor units, half to even."""
    digits = MINOR_DIGITS.get(currency, 2)
    scaled = Decimal(text).scaleb(digits).to_integral_value(rounding=ROUND_HALF_EVEN)
    return Money(int(scaled), currency)
