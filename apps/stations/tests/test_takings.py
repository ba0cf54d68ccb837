"""Money of today by station: gross of washes and top-ups, less what goes back; one query."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.clock import real_now
from apps.common.money import Money
from apps.stations.models import Bay, TopUp, Wash, WashRefund
from apps.stations.takings import Takings, in_all, takings_today
from apps.stations.tests.device import Device
from apps.stations.tests.factories import buy_wash, make_station
from apps.stations.tests.top_ups import Customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_washes_and_top_ups_come_in_and_refunds_go_back(
    customer: Customer, device: Device, settle: Callable[[], None]
) -> None:
    customer.top_up(300, 100)
    slug = customer.wash.bay.station.slug
    assert takings_today() == [Takings(slug, usd(1_200), usd(0), 1)]
    device.say(
        device.event("topped_up", customer.wash, total_seconds=400), device.event("stopped", customer.wash, used=300)
    )
    settle()
    [row] = takings_today()
    assert (row.gross, row.back, row.net) == (usd(1_200), usd(300), usd(900))


def test_a_top_up_that_goes_back_alone_counts_once(customer: Customer, device: Device) -> None:
    customer.top_up(300, 100)
    device.say(device.event("finished", customer.wash, used=300))
    [row] = takings_today()
    assert TopUp.objects.get().status == "refunding"
    assert (row.gross, row.back, row.washes) == (usd(1_200), usd(300), 1)


def test_what_nobody_paid_and_a_refund_that_failed_do_not_count(customer: Customer, device: Device) -> None:
    customer.top_up(300, 100, card="pm_card_authenticationRequired")
    device.say(device.event("stopped", customer.wash, used=0))
    WashRefund.objects.update(status="failed")
    [row] = takings_today()
    assert (row.gross, row.back) == (usd(900), usd(0))


def test_yesterday_is_another_day_but_its_refund_may_be_of_today(bay: Bay, device: Device) -> None:
    wash = buy_wash(bay).wash
    Wash.objects.filter(pk=wash.pk).update(paid_at=real_now() - timedelta(days=1))
    assert takings_today() == []
    device.say(device.event("started", wash), device.event("stopped", wash, used=0))
    [row] = takings_today()
    assert (row.gross, row.back, row.net, row.washes) == (usd(0), usd(900), usd(-900), 0)


def test_currencies_are_never_added_up_and_many_stations_cost_one_query(bay: Bay) -> None:
    for other in ("harbour", "mission"):
        buy_wash(Bay.objects.get(station=make_station(other), number=1))
    Wash.objects.filter(bay__station__slug="mission").update(currency="EUR")
    with CaptureQueriesContext(connection) as queries:
        rows = takings_today()
    assert len(queries) == 1
    assert [(row.station, row.net) for row in rows] == [("harbour", usd(900)), ("mission", Money(900, "EUR"))]
    buy_wash(bay)
    sums: list[Any] = [(row.net, row.washes) for row in in_all(takings_today())]
    assert sums == [(Money(900, "EUR"), 1), (usd(1_800), 2)]
