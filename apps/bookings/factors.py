"""Why a night costs more or less than the sitter's rate: four named factors. Pure.

Demand and lead time hold for the whole stay: they say how late and into how full a neighbourhood
somebody books. Weekend and public holiday hold for their own nights alone, so that one holiday never
makes a fortnight dearer. Steps and values are PetWash's own policy.
"""

from datetime import date
from decimal import Decimal

from apps.bookings.types import Demand, Factor, PriceRequest, Service

NEUTRAL = Decimal("1.00")
WEEKEND = Decimal("1.10")
HOLIDAY = Decimal("1.25")

# (share of places taken near the sitter, at least) -> value; the first that fits.
DEMAND_STEPS = (
    (Decimal("0.90"), Decimal("1.40")),
    (Decimal("0.75"), Decimal("1.25")),
    (Decimal("0.50"), Decimal("1.10")),
    (Decimal("0.15"), Decimal("1.00")),
    (Decimal("0.00"), Decimal("0.95")),
)
# Fewer places than this say nothing about supply and demand: a new neighbourhood is not a quiet one.
DEMAND_NEEDS_PLACES = 20

# (days from today to the first night, at least) -> value; the first that fits.
LEAD_STEPS = (
    (60, Decimal("0.90")),
    (30, Decimal("0.95")),
    (3, Decimal("1.00")),
    (1, Decimal("1.05")),
    (0, Decimal("1.10")),
)

_FRIDAY, _SATURDAY, _SUNDAY = 4, 5, 6
# A night belongs to the evening it starts on; a day of day care to itself.
WEEKEND_NIGHTS = frozenset({_FRIDAY, _SATURDAY})
WEEKEND_DAYS = frozenset({_SATURDAY, _SUNDAY})


def factors_of(request: PriceRequest) -> tuple[Factor, ...]:
    """Return all four factors, the neutral ones too: a price that is not raised says so."""
    return (
        demand_factor(request.demand),
        lead_time_factor((request.nights[0] - request.today).days),
        weekend_factor(request.service, request.nights),
        holiday_factor(request.nights, request.holidays),
    )


def demand_factor(demand: Demand) -> Factor:
    """More when places near the sitter run out for these dates, less when most are free."""
    if demand.capacity < DEMAND_NEEDS_PLACES:
        return Factor("demand", NEUTRAL, "Too few sitters nearby to speak of high or low demand.")
    share = Decimal(demand.booked) / Decimal(demand.capacity)
    value = next(value for least, value in DEMAND_STEPS if share >= least)
    taken = f"{demand.booked} of {demand.capacity} places near this sitter are taken on these dates."
    return Factor("demand", value, taken)


def lead_time_factor(days: int) -> Factor:
    """Less for booking early, more for the last days before the start."""
    value = next(value for least, value in LEAD_STEPS if days >= least)
    if days == 0:
        return Factor("lead_time", value, "The stay starts today.")
    return Factor("lead_time", value, f"The stay starts in {days} {'day' if days == 1 else 'days'}.")


def weekend_factor(service: Service, nights: tuple[date, ...]) -> Factor:
    """More on Friday and Saturday nights (day care: Saturdays and Sundays), on those alone."""
    by_day = service == Service.DAY_CARE
    weekdays = WEEKEND_DAYS if by_day else WEEKEND_NIGHTS
    those = tuple(night for night in nights if night.weekday() in weekdays)
    word = "day" if by_day else "night"
    if not those:
        return Factor("weekend", NEUTRAL, f"No weekend {word} in this stay.")
    which = "Saturday and Sunday" if by_day else "Friday and Saturday night"
    return Factor("weekend", WEEKEND, f"{which}: {_count(those, word)} of this stay.", those)


def holiday_factor(nights: tuple[date, ...], holidays: dict[date, str]) -> Factor:
    """More on the public holidays themselves, never on the nights around them."""
    those = tuple(night for night in nights if night in holidays)
    if not those:
        return Factor("public_holiday", NEUTRAL, "No public holiday in this stay.")
    names = ", ".join(f"{holidays[night]} ({night.isoformat()})" for night in those)
    return Factor("public_holiday", HOLIDAY, f"{names}: only on the holiday itself.", those)


def _count(nights: tuple[date, ...], word: str) -> str:
    return f"1 {word}" if len(nights) == 1 else f"{len(nights)} {word}s"
