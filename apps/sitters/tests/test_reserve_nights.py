"""Reserving and freeing nights: all or none, every refusal by name."""

from datetime import timedelta

import pytest
from django.db import transaction

from apps.common.clock import business_now
from apps.common.db import TransactionRequired
from apps.common.errors import Conflict, InvalidInput
from apps.sitters import services as sitters
from apps.sitters.models import NightReservation, SitterNight
from apps.sitters.tests.factories import ClearedSitterFactory, SitterProfileFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sitter():
    return ClearedSitterFactory.create()


def nights(count=3, first=10):
    start = business_now().date() + timedelta(days=first)
    return [start + timedelta(days=n) for n in range(count)]


def reserve(sitter, *, booking="b1", service="boarding", pets=1, days=None):
    sitters.reserve_nights(sitter_id=sitter.pk, service=service, nights=days or nights(), pets=pets, booking=booking)


def booked(sitter):
    return list(SitterNight.objects.filter(sitter=sitter).order_by("night").values_list("booked", flat=True))


def refused(code, sitter, **kwargs):
    before = booked(sitter)
    with pytest.raises(Conflict) as error, transaction.atomic():
        reserve(sitter, **kwargs)
    assert error.value.code == code
    assert booked(sitter) == before
    return error.value


def test_takes_each_night_once_even_when_repeated(sitter):
    reserve(sitter, pets=2)
    reserve(sitter, pets=2)
    assert booked(sitter) == [2, 2, 2]
    assert NightReservation.objects.filter(booking="b1").count() == 3


def test_pets_of_several_bookings_share_a_night_up_to_the_capacity_of_the_service(sitter):
    reserve(sitter, booking="b1")
    reserve(sitter, booking="b2")
    error = refused("nights_unavailable", sitter, booking="b3", days=nights(4))
    assert error.details == {"nights": [day.isoformat() for day in nights(3)]}


def test_services_see_each_other(sitter):
    reserve(sitter, booking="b1", service="boarding", pets=2)
    reserve(sitter, booking="b2", service="day_care", pets=2)
    refused("nights_unavailable", sitter, booking="b3", service="day_care")
    assert booked(sitter) == [4, 4, 4]


def test_house_sitting_takes_the_whole_night(sitter):
    reserve(sitter, booking="b1", service="house_sitting")
    refused("nights_unavailable", sitter, booking="b2", service="boarding")
    refused("nights_unavailable", sitter, booking="b3", service="house_sitting")


def test_house_sitting_needs_an_empty_night(sitter):
    reserve(sitter, booking="b1", service="day_care", days=nights(1))
    error = refused("nights_unavailable", sitter, booking="b2", service="house_sitting")
    assert error.details == {"nights": [nights()[0].isoformat()]}


def test_a_closed_night_is_not_sold(sitter):
    SitterNight.objects.create(sitter=sitter, night=nights()[1], capacity=4, blocked=True)
    error = refused("nights_unavailable", sitter)
    assert error.details == {"nights": [nights()[1].isoformat()]}


def test_too_many_pets(sitter):
    assert refused("too_many_pets", sitter, pets=3).details == {"capacity": 2}


def test_a_service_that_is_not_offered():
    refused("service_not_offered", ClearedSitterFactory.create(capacities={"day_care": 1}))


def test_a_sitter_who_is_not_cleared_cannot_be_booked():
    refused("sitter_not_cleared", SitterProfileFactory.create())


def test_a_clearance_that_is_over_counts_before_any_sweep_has_run():
    over = business_now() - timedelta(days=366)
    refused("sitter_not_cleared", ClearedSitterFactory.create(cleared_at=over))


def test_a_stay_beyond_the_clearance_is_refused():
    sitter = ClearedSitterFactory.create(cleared_at=business_now() - timedelta(days=360))
    error = refused("sitter_not_cleared", sitter)
    ends = sitter.clearance_expires_at
    assert ends is not None
    assert error.details == {"clearance_expires_at": ends.isoformat()}


def test_a_suspended_sitter_cannot_be_booked(sitter):
    sitter.user.status = "suspended"
    sitter.user.save()
    refused("sitter_not_cleared", sitter)


def test_another_set_of_nights_for_the_same_booking_is_refused(sitter):
    reserve(sitter)
    refused("already_reserved", sitter, days=nights(2))


@pytest.mark.parametrize(("days", "pets", "field"), [([], 1, "nights"), (None, 0, "pets")])
def test_nothing_to_reserve(sitter, days, pets, field):
    with pytest.raises(InvalidInput) as error:
        sitters.reserve_nights(
            sitter_id=sitter.pk,
            service="boarding",
            nights=nights() if days is None else days,
            pets=pets,
            booking="b1",
        )
    assert list(error.value.details) == [field]


@pytest.mark.parametrize("service", ["boarding", "house_sitting"])
def test_freed_nights_can_be_sold_again(sitter, service):
    reserve(sitter, service=service, pets=2)
    sitters.free_nights(booking="b1")
    assert booked(sitter) == [0, 0, 0]
    reserve(sitter, booking="b2", service="day_care", pets=4)
    assert booked(sitter) == [4, 4, 4]


def test_freeing_twice_changes_nothing_more(sitter):
    reserve(sitter, booking="b1")
    reserve(sitter, booking="b2")
    sitters.free_nights(booking="b1")
    sitters.free_nights(booking="b1")
    assert booked(sitter) == [1, 1, 1]


def test_freeing_an_unknown_booking_does_nothing(sitter):
    sitters.free_nights(booking="unknown")
    assert booked(sitter) == []


@pytest.mark.django_db(transaction=True)
def test_both_need_the_transaction_of_their_use_case(sitter):
    with pytest.raises(TransactionRequired):
        reserve(sitter)
    with pytest.raises(TransactionRequired):
        sitters.free_nights(booking="b1")
