"""Quotes: a price as a stored contract. The price shown is the price charged."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.bookings.holidays import country_of, public_holidays
from apps.bookings.models import Quote
from apps.bookings.pricing import PricingOptimizer
from apps.bookings.schedule import FURTHEST_AHEAD, LONGEST_STAY, local_date, nights_of, stay_instants
from apps.bookings.types import Demand, NightLine, Price, PriceRequest, Service
from apps.commission import selectors as commission
from apps.commission.types import FeeRates
from apps.common.clock import business_now
from apps.common.errors import Conflict, InvalidInput
from apps.pets import selectors as pets_q
from apps.sitters import selectors as sitters_q
from apps.sitters.models import SitterProfile

LIFETIME = timedelta(minutes=15)
UNUSED_KEPT = timedelta(days=30)
PRUNE_BATCH = 1_000


@dataclass(frozen=True)
class StayWish:
    """What an owner asks a price for: some pets by id, or just how many."""

    sitter_id: str
    service: Service
    start_date: date
    end_date: date
    pet_ids: tuple[str, ...] = ()
    pets: int = 0


def price_stay(*, actor: User, wish: StayWish) -> Quote:
    """Price a stay and store the quote, valid for fifteen minutes; nothing is reserved by it.

    Raises: NotFound for a sitter who cannot be booked or a pet of somebody else; Conflict
    `service_not_offered` | `too_many_pets`; InvalidInput for impossible dates or pets, and for a
    sitter who would book the own place.
    """
    now = business_now()
    sitter = sitters_q.access_bookable_sitter(actor, wish.sitter_id)
    if sitter.user_id == actor.pk:
        raise InvalidInput.field("sitter_id", "You cannot book yourself.")
    nights = _nights(wish, sitter, now)
    pets = _count_pets(actor, wish)
    plan = commission.plan_of(sitter.plan)
    price = PricingOptimizer().price(_request(wish, sitter, nights, pets, plan.rates_in(sitter.currency), now))
    return _store(actor, wish, sitter, pets, plan.rates_in(sitter.currency), price, now)


def prune_quotes() -> int:
    """Forget prices that expired 30 days ago and made no booking; return how many.

    In batches, each a transaction; a quote that somebody holds is left to the next run.
    """
    before, count = business_now() - UNUSED_KEPT, 0
    unused = Quote.objects.filter(expires_at__lt=before, booking__isnull=True).order_by("id")
    while True:
        with transaction.atomic():
            batch = list(
                unused.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:PRUNE_BATCH]
            )
            count += Quote.objects.filter(pk__in=batch).delete()[0]
        if len(batch) < PRUNE_BATCH:
            return count


def _nights(wish: StayWish, sitter: SitterProfile, now: datetime) -> tuple[date, ...]:
    today = local_date(now, sitter.timezone)
    if wish.start_date < today:
        raise InvalidInput.field("start_date", f"must not be before today at the sitter's place ({today}).")
    if wish.start_date > today + FURTHEST_AHEAD:
        raise InvalidInput.field("start_date", f"must be within {FURTHEST_AHEAD.days} days from today.")
    earliest = "on" if wish.service == Service.DAY_CARE else "after"
    # Checked before the nights are listed: a date far away must cost nothing.
    if (wish.end_date - wish.start_date).days > LONGEST_STAY:
        raise InvalidInput.field("end_date", f"A stay takes at most {LONGEST_STAY} nights.")
    nights = nights_of(wish.service, wish.start_date, wish.end_date)
    if not nights:
        raise InvalidInput.field("end_date", f"must be {earliest} start_date or later.")
    _, ends_at = stay_instants(wish.service, wish.start_date, wish.end_date, sitter.timezone)
    if ends_at <= now:
        raise InvalidInput.field("end_date", "This stay would already be over.")
    return nights


def _count_pets(actor: User, wish: StayWish) -> int:
    if not wish.pet_ids:
        return wish.pets
    if len(set(wish.pet_ids)) != len(wish.pet_ids):
        raise InvalidInput.field("pet_ids", "names a pet twice.")
    return len(pets_q.access_owned_pets(actor, list(wish.pet_ids)))


def _request(
    wish: StayWish, sitter: SitterProfile, nights: tuple[date, ...], pets: int, fees: FeeRates, now: datetime
) -> PriceRequest:
    rate = sitters_q.rate_for(sitter, wish.service)
    if pets > rate.capacity:
        raise Conflict(
            "too_many_pets",
            f"This sitter takes at most {rate.capacity} for that service.",
            {"capacity": rate.capacity},
        )
    demand = sitters_q.demand_near(sitter, list(nights)).values()
    return PriceRequest(
        service=wish.service,
        nights=nights,
        today=local_date(now, sitter.timezone),
        pets=pets,
        nightly=rate.nightly,
        extra_pet=rate.extra_pet,
        demand=Demand(sum(night.booked for night in demand), sum(night.capacity for night in demand)),
        holidays=public_holidays(country_of(sitter.timezone), nights),
        fees=fees,
    )


def _store(
    actor: User, wish: StayWish, sitter: SitterProfile, pets: int, fees: FeeRates, price: Price, now: datetime
) -> Quote:
    return Quote.objects.create(
        owner=actor,
        sitter=sitter,
        service=wish.service,
        start_date=wish.start_date,
        end_date=wish.end_date,
        timezone=sitter.timezone,
        pet_count=pets,
        currency=price.subtotal.currency,
        subtotal_minor=price.subtotal.amount_minor,
        owner_fee_minor=price.owner_fee.amount_minor,
        sitter_fee_minor=price.sitter_fee.amount_minor,
        owner_fee_pct=fees.owner_fee_pct,
        sitter_fee_pct=fees.sitter_fee_pct,
        cancellation_policy=sitter.cancellation_tier,
        lines=[_line(line) for line in price.lines],
        surge=_surge(price),
        created_at=now,
        expires_at=now + LIFETIME,
    )


def _line(line: NightLine) -> dict[str, Any]:
    return {
        "date": line.date.isoformat(),
        "amount_minor": line.amount.amount_minor,
        "base_minor": line.base.amount_minor,
        "multiplier": float(line.multiplier),
        "why": line.why,
    }


def _surge(price: Price) -> dict[str, Any]:
    return {
        "multiplier": float(price.multiplier),
        "factors": [
            {
                "name": factor.name,
                "value": float(factor.value),
                "why": factor.why,
                "nights": [night.isoformat() for night in factor.nights],
            }
            for factor in price.factors
        ],
    }
