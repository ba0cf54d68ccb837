"""Many at one night: exactly one wins, in whatever order they come."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from apps.common.clock import business_now
from apps.sitters import services as sitters
from apps.sitters.models import NightReservation, SitterNight
from apps.sitters.tests.factories import ClearedSitterFactory
from petwash.testing.races import race

RIVALS = 20
pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(attempts):
    def take(attempt):
        with transaction.atomic(durable=True):
            attempt()
        return "won"

    return sorted(race(*[partial(take, attempt) for attempt in attempts]))


def attempt_at(sitter, nights, *, booking, service, pets=1):
    return lambda: sitters.reserve_nights(
        sitter_id=sitter.pk, service=service, nights=nights, pets=pets, booking=booking
    )


def future_nights(count):
    start = business_now().date() + timedelta(days=20)
    return [start + timedelta(days=n) for n in range(count)]


def test_twenty_at_one_exclusive_night():
    sitter, nights = ClearedSitterFactory.create(), future_nights(1)
    outcome = outcomes([attempt_at(sitter, nights, booking=f"b{n}", service="house_sitting") for n in range(RIVALS)])
    assert outcome == ["nights_unavailable"] * (RIVALS - 1) + ["won"]
    assert NightReservation.objects.count() == 1


def test_twenty_of_both_kinds_at_one_night():
    sitter, nights = ClearedSitterFactory.create(capacities={"boarding": 1, "house_sitting": 1}), future_nights(1)
    kinds = ["boarding", "house_sitting"]
    outcome = outcomes([attempt_at(sitter, nights, booking=f"b{n}", service=kinds[n % 2]) for n in range(RIVALS)])
    assert outcome == ["nights_unavailable"] * (RIVALS - 1) + ["won"]
    night = SitterNight.objects.get()
    assert (night.booked, night.capacity) == (1, 1)


def test_overlapping_stays_named_in_opposite_orders_do_not_deadlock():
    sitter, nights = ClearedSitterFactory.create(capacities={"boarding": 3}), future_nights(5)
    attempts = [
        attempt_at(sitter, nights[::-1] if n % 2 else nights, booking=f"b{n}", service="boarding")
        for n in range(RIVALS)
    ]
    assert outcomes(attempts) == ["nights_unavailable"] * (RIVALS - 3) + ["won"] * 3
    assert set(SitterNight.objects.values_list("booked", flat=True)) == {3}


def test_one_booking_sent_twice_at_once_takes_the_night_once():
    sitter, nights = ClearedSitterFactory.create(), future_nights(2)
    attempt = attempt_at(sitter, nights, booking="same", service="boarding")
    assert outcomes([attempt] * 6) == ["won"] * 6
    assert set(SitterNight.objects.values_list("booked", flat=True)) == {1}


def test_freeing_races_with_reserving_and_loses_no_count():
    sitter, nights = ClearedSitterFactory.create(capacities={"boarding": 10}), future_nights(2)
    with transaction.atomic():
        for n in range(5):
            attempt_at(sitter, nights, booking=f"old{n}", service="boarding")()
    free = [lambda n=n: sitters.free_nights(booking=f"old{n}") for n in range(5)]
    take = [attempt_at(sitter, nights, booking=f"new{n}", service="boarding") for n in range(5)]
    assert outcomes([*free, *take]) == ["won"] * 10
    assert set(SitterNight.objects.values_list("booked", flat=True)) == {5}


@pytest.mark.parametrize(
    "change",
    [
        "booked = capacity + 1",
        "booked = -1",
        "exclusive = true",
        "blocked = true",
    ],
)
def test_the_database_refuses_an_impossible_night(change):
    sitter = ClearedSitterFactory.create()
    SitterNight.objects.create(sitter=sitter, night=future_nights(1)[0], capacity=2, booked=1)
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(f"UPDATE sitters_night SET {change}")  # noqa: S608 - the parameters above
