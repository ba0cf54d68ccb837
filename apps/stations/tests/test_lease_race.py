"""Many payers, one bay: one is charged and washes, the others are told so and keep their money."""

from collections import Counter

import pytest
from django.db import IntegrityError, transaction

from apps.common.clock import real_now
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.stations.models import Bay, Wash
from apps.stations.tests.factories import buy_wash, make_station
from petwash.testing.races import crowd

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stripe_sandbox")]


def buy_at(bay: Bay) -> str:
    buy_wash(bay)
    return "sold"


def test_one_bay_is_sold_once_and_only_the_winner_is_charged() -> None:
    bay = make_station().bays.get(number=1)
    assert Counter(crowd(8, lambda _: buy_at(bay))) == {"sold": 1, "bay_busy": 7}
    assert Wash.objects.count() == 1
    assert ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor == 900


def test_two_bays_are_sold_to_two_payers() -> None:
    bays = list(make_station().bays.all())
    assert Counter(crowd(8, lambda index: buy_at(bays[index % 2]))) == {"sold": 2, "bay_busy": 6}


def test_the_last_shampoo_is_sold_once_across_bays() -> None:
    station = make_station(bays=4)
    station.tanks.filter(chemical="shampoo").update(level_ml=299)
    bays = list(station.bays.all())
    assert Counter(crowd(4, lambda index: buy_at(bays[index]))) == {"sold": 1, "tank_too_low": 3}


def test_postgres_itself_refuses_a_second_open_wash() -> None:
    station = make_station()
    bay, program = station.bays.get(number=1), station.programs.get()

    def lease(token: str) -> None:
        Wash.objects.create(
            bay=bay,
            program=program,
            amount_minor=1,
            currency="USD",
            total_seconds=1,
            token_hash=token,
            lease_expires_at=real_now(),
        )

    lease("a" * 64)
    with pytest.raises(IntegrityError, match="one_open_wash_a_bay"), transaction.atomic():
        lease("b" * 64)
    Wash.objects.update(status="cancelled")
    lease("c" * 64)
