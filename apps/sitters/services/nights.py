"""Nights are scarce stock: reserved and freed under the sitter's lock, capped by Postgres."""

from collections.abc import Sequence
from datetime import date

from django.db.models import F

from apps.common.clock import business_now, real_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, InvalidInput
from apps.sitters.models import NightReservation, SitterNight, SitterProfile, SitterService
from apps.sitters.services.locks import lock_sitter
from apps.sitters.states import EXCLUSIVE_SERVICES, VettingStatus


def reserve_nights(*, sitter_id: int, service: str, nights: Sequence[date], pets: int, booking: str) -> None:
    """Take the nights for a booking, all or none; the same call again changes nothing.

    Raises: Conflict sitter_not_cleared, service_not_offered, too_many_pets, nights_unavailable
    (details name the nights) or already_reserved; InvalidInput without nights or pets.
    """
    require_transaction()
    wanted = sorted(set(nights))
    if not wanted or pets < 1:
        raise InvalidInput.field("nights" if not wanted else "pets", "must be at least one")
    sitter = lock_sitter(sitter_id)
    if _held_already(booking, sitter, wanted):
        return
    offered = sitter.services.annotate(person=F("sitter__user__status")).filter(service=service).first()
    _require_clearance(sitter, _is_active(sitter) if offered is None else offered.person == "active", wanted[-1])
    if offered is None:
        raise _not_offered(service)
    _require_room(offered, pets)
    stock = _lock_stock(sitter, wanted)
    exclusive = service in EXCLUSIVE_SERVICES
    taken = [row.night for row in stock if not _has_room(row, pets, offered.capacity, exclusive)]
    if taken:
        raise _unavailable(taken)
    _take(stock, pets=pets, exclusive=exclusive)
    NightReservation.objects.bulk_create(
        NightReservation(
            night=row,
            booking=booking,
            service=service,
            units=row.capacity if exclusive else pets,
        )
        for row in stock
    )


def free_nights(*, booking: str) -> None:
    """Give back everything that a booking holds; nothing happens the second time."""
    require_transaction()
    held = NightReservation.objects.filter(booking=booking, freed_at__isnull=True)
    sitter_ids = held.order_by("night__sitter_id").values_list("night__sitter_id", flat=True)
    for sitter_id in list(sitter_ids.distinct()):
        sitter = lock_sitter(sitter_id)
        nights = SitterNight.objects.select_for_update().filter(
            sitter=sitter, reservations__booking=booking, reservations__freed_at__isnull=True
        )
        list(nights.order_by("night").values_list("id", flat=True))
        for row in held.select_for_update().filter(night__sitter=sitter).select_related("night"):
            _give_back(row, sitter)
    held.update(freed_at=real_now())


def _held_already(booking: str, sitter: SitterProfile, wanted: list[date]) -> bool:
    held = NightReservation.objects.filter(booking=booking, freed_at__isnull=True)
    pairs = set(held.values_list("night__sitter_id", "night__night"))
    if not pairs:
        return False
    if pairs == {(sitter.pk, night) for night in wanted}:
        return True
    raise Conflict("already_reserved", "This booking holds other nights: free them first.")


def _is_active(sitter: SitterProfile) -> bool:
    return SitterProfile.objects.filter(pk=sitter.pk, user__status="active").exists()


def _require_clearance(sitter: SitterProfile, active: bool, last_night: date) -> None:
    now = business_now()
    ends = sitter.clearance_expires_at
    cleared = sitter.vetting_status == VettingStatus.CLEARED and ends is not None and ends > now
    if not cleared or not active or ends is None:
        raise Conflict("sitter_not_cleared", "This sitter cannot be booked now: choose another one.")
    if last_night >= ends.date():
        raise Conflict(
            "sitter_not_cleared",
            "The sitter's clearance ends before the stay does: choose earlier nights.",
            {"clearance_expires_at": ends.isoformat()},
        )


def _not_offered(service: str) -> Conflict:
    return Conflict(
        "service_not_offered",
        "This sitter does not offer that service: choose one from the sitter's list.",
        {"service": service},
    )


def _require_room(offered: SitterService, pets: int) -> None:
    if pets > offered.capacity:
        raise Conflict(
            "too_many_pets",
            f"This sitter takes at most {offered.capacity} for that service.",
            {"capacity": offered.capacity},
        )


def _lock_stock(sitter: SitterProfile, wanted: list[date]) -> list[SitterNight]:
    SitterNight.objects.bulk_create(
        [SitterNight(sitter=sitter, night=n, capacity=sitter.night_capacity) for n in wanted],
        ignore_conflicts=True,
    )
    rows = SitterNight.objects.select_for_update().filter(sitter=sitter, night__in=wanted)
    return list(rows.order_by("night"))


def _has_room(row: SitterNight, pets: int, service_capacity: int, exclusive: bool) -> bool:
    if row.blocked or row.exclusive:
        return False
    if exclusive:
        return row.booked == 0 and row.capacity >= pets
    return row.booked + pets <= min(row.capacity, service_capacity)


def _take(stock: list[SitterNight], *, pets: int, exclusive: bool) -> None:
    rows = SitterNight.objects.filter(pk__in=[row.pk for row in stock], blocked=False, exclusive=False)
    if exclusive:
        changed = rows.filter(booked=0).update(booked=F("capacity"), exclusive=True)
    else:
        changed = rows.filter(capacity__gte=F("booked") + pets).update(booked=F("booked") + pets)
    if changed != len(stock):
        raise _unavailable([row.night for row in stock])


def _give_back(row: NightReservation, sitter: SitterProfile) -> None:
    night = SitterNight.objects.filter(pk=row.night_id)
    if row.night.exclusive:
        night.update(booked=0, exclusive=False, capacity=sitter.night_capacity)
    else:
        night.update(booked=F("booked") - row.units)


def _unavailable(nights: list[date]) -> Conflict:
    return Conflict(
        "nights_unavailable",
        "Some of these nights are taken: choose other dates or another sitter.",
        {"nights": [night.isoformat() for night in nights]},
    )
