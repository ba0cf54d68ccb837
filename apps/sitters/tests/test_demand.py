"""What bookings price by: pets booked and places offered around a sitter."""

from datetime import date, timedelta

import pytest

from apps.common.errors import Conflict, NotFound
from apps.common.money import Money
from apps.sitters import selectors
from apps.sitters.models import SitterNight
from apps.sitters.tests.factories import BERLIN, ClearedSitterFactory, SitterProfileFactory
from apps.sitters.types import DemandView, RateView

pytestmark = pytest.mark.django_db
NIGHTS = [date(2027, 1, 1) + timedelta(days=n) for n in range(3)]


def test_counts_neighbours_their_open_and_their_closed_nights(django_assert_num_queries):
    centre = ClearedSitterFactory.create(capacities={"boarding": 2})
    near = ClearedSitterFactory.create(capacities={"boarding": 3}, lat=BERLIN.lat + 5 / 111.195)
    far = ClearedSitterFactory.create(capacities={"boarding": 9}, lat=BERLIN.lat + 12 / 111.195)
    uncleared = SitterProfileFactory.create(night_capacity=9, listed=True)
    for sitter in (near, far, uncleared):
        SitterNight.objects.create(sitter=sitter, night=NIGHTS[1], capacity=3, booked=2)
    SitterNight.objects.create(sitter=near, night=NIGHTS[2], capacity=3, blocked=True)
    with django_assert_num_queries(2):  # the business clock of the demo, neighbours with their nights
        demand = selectors.demand_near(centre, NIGHTS)
    assert demand == {
        NIGHTS[0]: DemandView(0, 5),
        NIGHTS[1]: DemandView(2, 5),
        NIGHTS[2]: DemandView(0, 2),
    }


def test_without_a_place_there_is_no_neighbourhood():
    lost = SitterProfileFactory.create(lat=None, lng=None)
    assert selectors.demand_near(lost, NIGHTS[:1]) == {NIGHTS[0]: DemandView(0, 0)}


def test_the_rate_of_a_service():
    sitter = ClearedSitterFactory.create(capacities={"boarding": 2, "house_sitting": 3}, currency="EUR")
    assert selectors.rate_for(sitter, "boarding") == RateView(
        Money(4000, "EUR"), Money(1500, "EUR"), 2, exclusive=False
    )
    assert selectors.rate_for(sitter, "house_sitting").exclusive
    with pytest.raises(Conflict) as error:
        selectors.rate_for(sitter, "day_care")
    assert error.value.code == "service_not_offered"


def test_access_to_a_sitter_is_the_same_for_everybody(owner):
    sitter = ClearedSitterFactory.create()
    assert selectors.access_bookable_sitter(owner, str(sitter.public_id)) == sitter
    for sitter_id in (str(ClearedSitterFactory.create(listed=False).public_id), "", "x", str(sitter.pk)):
        with pytest.raises(NotFound):
            selectors.access_bookable_sitter(owner, sitter_id)
