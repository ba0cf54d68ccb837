"""What sitters enter themselves: profile, price list, calendar, payout account."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from apps.common.clock import business_now
from apps.common.errors import Conflict, Forbidden, InvalidInput
from apps.common.money import Money
from apps.payments import services as payments
from apps.payments.types import PayeeView
from apps.sitters.geo import Place, blur
from apps.sitters.models import SitterNight, SitterProfile, SitterService
from apps.sitters.selectors import access_own_profile, require_sitter, sitter_today
from apps.sitters.services.locks import lock_profile_of
from apps.sitters.types import RateInput

PROFILE_FIELDS = frozenset({"display_name", "bio", "timezone", "listed", "currency", "cancellation_tier"})


def save_profile(actor: Any, *, place: Place | None = None, **changes: Any) -> SitterProfile:
    """Write what a sitter says about themselves; what is not given stays.

    Raises: Forbidden for other roles; InvalidInput for an unknown time zone, or when listed
    without a place; Conflict currency_in_use while prices are set in another currency.
    """
    require_sitter(actor)
    unknown = set(changes) - PROFILE_FIELDS
    if unknown:
        raise TypeError(f"not fields of a sitter's profile: {sorted(unknown)}")
    if changes.get("timezone", "UTC") not in available_timezones():
        raise InvalidInput.field("timezone", "must be an IANA name such as Europe/Berlin")
    with transaction.atomic(durable=True):
        sitter = lock_profile_of(actor)
        if changes.get("currency", sitter.currency) != sitter.currency and sitter.services.exists():
            raise Conflict("currency_in_use", "Prices are set in the old currency: remove them first.")
        for name, value in changes.items():
            setattr(sitter, name, value)
        if place is not None:
            _put(sitter, place)
        if sitter.listed and sitter.public_lat is None:
            raise InvalidInput.field("lat", "is required to be listed")
        fields = [*changes, *(["lat", "lng", "public_lat", "public_lng"] if place else [])]
        if fields:
            sitter.save(update_fields=fields)
    return access_own_profile(actor)


def _put(sitter: SitterProfile, place: Place) -> None:
    key = settings.SECRET_KEY.encode()
    public = blur(place, key=key, subject=str(sitter.public_id))
    sitter.lat, sitter.lng = place.lat, place.lng
    sitter.public_lat, sitter.public_lng = public.lat, public.lng


def set_rates(actor: Any, rates: Sequence[RateInput]) -> SitterProfile:
    """Replace the price list; what is booked keeps its price and its place.

    Raises: Forbidden for other roles; InvalidInput when a service comes twice or a price cannot be charged.
    """
    require_sitter(actor)
    names = [rate.service for rate in rates]
    if len(names) != len(set(names)):
        raise InvalidInput.field("services", "must name each service once")
    with transaction.atomic(durable=True):
        sitter = lock_profile_of(actor)
        _refuse_odd_prices(rates, sitter.currency)
        sitter.services.exclude(service__in=names).delete()
        for rate in rates:
            SitterService.objects.update_or_create(
                sitter=sitter,
                service=rate.service,
                defaults={
                    "nightly_minor": rate.nightly_minor,
                    "extra_pet_minor": rate.extra_pet_minor,
                    "capacity": rate.capacity,
                },
            )
        _set_capacity(sitter, max((rate.capacity for rate in rates), default=0))
    return access_own_profile(actor)


def _refuse_odd_prices(rates: Sequence[RateInput], currency: str) -> None:
    """Refuse a price that no card can be charged: three-digit currencies go in steps of ten."""
    step = Money.zero(currency).step_minor
    for rate in rates:
        if rate.nightly_minor % step or rate.extra_pet_minor % step:
            raise InvalidInput.field("services", f"prices in {currency} must be multiples of {step} minor units")


def _set_capacity(sitter: SitterProfile, capacity: int) -> None:
    """Give future nights the new capacity; never below what is booked."""
    SitterProfile.objects.filter(pk=sitter.pk).update(night_capacity=capacity)
    today = sitter_today(sitter, business_now())
    future = SitterNight.objects.filter(sitter=sitter, night__gte=today, exclusive=False)
    future.update(capacity=Greatest(F("booked"), capacity))


def set_calendar(actor: Any, *, block: Sequence[date] = (), open_up: Sequence[date] = ()) -> SitterProfile:
    """Close and open nights, all or none; the same call again changes nothing.

    Raises: Forbidden for other roles; InvalidInput for a night that is past or named both ways;
    Conflict night_booked (details name the nights) when a night to close is booked.
    """
    require_sitter(actor)
    if set(block) & set(open_up):
        raise InvalidInput.field("nights", "must name each night once")
    with transaction.atomic(durable=True):
        sitter = lock_profile_of(actor)
        today = sitter_today(sitter, business_now())
        if any(night < today for night in (*block, *open_up)):
            raise InvalidInput.field("nights", f"must not be before today ({today.isoformat()})")
        _block(sitter, sorted(set(block)))
        SitterNight.objects.filter(sitter=sitter, night__in=list(open_up)).update(blocked=False)
    return sitter


def _block(sitter: SitterProfile, nights: list[date]) -> None:
    SitterNight.objects.bulk_create(
        [SitterNight(sitter=sitter, night=n, capacity=sitter.night_capacity) for n in nights],
        ignore_conflicts=True,
    )
    rows = SitterNight.objects.select_for_update().filter(sitter=sitter, night__in=nights)
    booked = [row.night.isoformat() for row in rows.order_by("night") if row.booked]
    if booked:
        raise Conflict("night_booked", "Booked nights cannot be closed: cancel the stays first.", {"nights": booked})
    rows.update(blocked=True)


def open_payout_account(actor: Any) -> PayeeView:
    """Open the sitter's payout account, once; the same call again returns the same account.

    Raises: Forbidden for other roles or an unverified address; Conflict payee_refused;
    Unavailable gateway_unavailable (call again: it is the same account).
    """
    require_sitter(actor)
    if not actor.is_verified_address:
        raise Forbidden("email_not_verified", "Verify your e-mail address first.")
    payee = payments.open_payee_account(actor)
    with transaction.atomic(durable=True):
        sitter = lock_profile_of(actor)
        SitterProfile.objects.filter(pk=sitter.pk).update(payout_account_id=UUID(payee.id))
    return payee
