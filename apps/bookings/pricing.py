"""The price of a stay, night by night, with every reason named. Pure: no clock, no database.

For each night: (rate + extra pets) x the product of the factors of that night, the product rounded
half-even to a step of 0.05 and kept within 0.80 and 2.00, the amount rounded half-even to a minor
unit. The subtotal is the sum of the nights as shown, so the lines add up to the cent in every
currency. Fees are taken from the subtotal.
"""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from math import prod

from apps.bookings.factors import NEUTRAL, factors_of
from apps.bookings.types import Factor, NightLine, Price, PriceRequest, Service
from apps.commission.fees import stay_fees
from apps.common.money import Money

LOWEST = Decimal("0.80")
HIGHEST = Decimal("2.00")
STEP = Decimal("0.05")


class PricingOptimizer:
    """Turns rates, dates and demand into a price that explains itself."""

    def price(self, request: PriceRequest) -> Price:
        """Return the price of the stay.

        `multiplier` is what the stay costs over its base on the whole, to the same step of 0.05: when
        all nights share their factors it is exactly their product; when a weekend or a holiday makes
        some nights dearer, the lines say which, with the multiplier of each.
        Raises: ValueError without a night, without a pet, or for a start in the past.
        """
        self._refuse_nonsense(request)
        factors = factors_of(request)
        lines = tuple(self._line(request, factors, night) for night in request.nights)
        subtotal = sum((line.amount for line in lines), start=Money.zero(request.nightly.currency))
        fees = stay_fees(subtotal, request.fees)
        return Price(
            lines=lines,
            multiplier=self._overall(lines),
            factors=factors,
            subtotal=subtotal,
            owner_fee=fees.owner_fee,
            total=subtotal + fees.owner_fee,
            sitter_fee=fees.sitter_fee,
            sitter_earnings=subtotal - fees.sitter_fee,
        )

    @staticmethod
    def _refuse_nonsense(request: PriceRequest) -> None:
        if not request.nights or request.pets < 1:
            raise ValueError("A price needs at least one night and one pet.")
        if request.nights[0] < request.today:
            raise ValueError("A stay cannot start in the past.")

    def _line(self, request: PriceRequest, factors: tuple[Factor, ...], night: date) -> NightLine:
        extra = request.extra_pet.times(request.pets - 1)
        base = request.nightly + extra
        here = [factor for factor in factors if _holds(factor, night)]
        multiplier = step_and_clamp(prod((factor.value for factor in here), start=NEUTRAL))
        return NightLine(
            date=night,
            base=base,
            multiplier=multiplier,
            amount=base.times(multiplier),
            why=_why(request, extra, multiplier, here),
        )

    @staticmethod
    def _overall(lines: tuple[NightLine, ...]) -> Decimal:
        """Return the mean of the nights' multipliers (all nights have one base), on the step."""
        total = sum((line.multiplier for line in lines), start=Decimal(0))
        return step_and_clamp(total / len(lines))


def step_and_clamp(product: Decimal) -> Decimal:
    """Return the product on a step of 0.05 (half-even), within 0.80 and 2.00."""
    steps = (product / STEP).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    return min(max(steps * STEP, LOWEST), HIGHEST)


def _holds(factor: Factor, night: date) -> bool:
    return factor.value != NEUTRAL and (not factor.nights or night in factor.nights)


def _why(request: PriceRequest, extra: Money, multiplier: Decimal, factors: list[Factor]) -> str:
    unit = "day" if request.service == Service.DAY_CARE else "night"
    text = f"{request.nightly} a {unit}"
    if extra:
        more = request.pets - 1
        text += f" + {extra} for {more} more {'pet' if more == 1 else 'pets'}"
    if not factors:
        return text
    names = ", ".join(f"{factor.name.replace('_', ' ')} {factor.value}" for factor in factors)
    return f"{text}, x {multiplier} ({names})"
