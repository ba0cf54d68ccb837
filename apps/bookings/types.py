"""Plain values of bookings: what the price engine takes and gives. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.commission.types import FeeRates
from apps.common.money import Money
from apps.sitters.states import CancellationTier, ServiceKind

# Bookings speak of services and tiers in the sitters' own words.
Service = ServiceKind
CancellationPolicy = CancellationTier


@dataclass(frozen=True)
class Demand:
    """Places taken and places offered near the sitter, summed over the nights of the stay."""

    booked: int
    capacity: int


@dataclass(frozen=True)
class PriceRequest:
    """Everything the price depends on; the engine reads nothing else."""

    service: Service
    nights: tuple[date, ...]
    today: date
    pets: int
    nightly: Money
    extra_pet: Money
    demand: Demand
    holidays: dict[date, str]
    fees: FeeRates


@dataclass(frozen=True)
class Factor:
    """One named reason for a price above or below the base; `nights` empty means the whole stay."""

    name: str
    value: Decimal
    why: str
    nights: tuple[date, ...] = ()


@dataclass(frozen=True)
class NightLine:
    """The price of one night, ready to show; the lines add up to the subtotal."""

    date: date
    base: Money
    multiplier: Decimal
    amount: Money
    why: str


@dataclass(frozen=True)
class Price:
    """A price that explains itself. total = subtotal + owner fee; earnings = subtotal - sitter fee."""

    lines: tuple[NightLine, ...]
    multiplier: Decimal
    factors: tuple[Factor, ...]
    subtotal: Money
    owner_fee: Money
    total: Money
    sitter_fee: Money
    sitter_earnings: Money
