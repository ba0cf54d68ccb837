"""What most tests of stations begin with."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.common import events
from apps.payments.tests.fixtures import Sandbox
from apps.stations.models import Bay, Station, Wash
from apps.stations.services.activation import Activation
from apps.stations.tests.device import Device
from apps.stations.tests.factories import buy_wash, make_station
from apps.stations.tests.phone import Phone
from apps.stations.tests.top_ups import Customer

Buy = Callable[..., Activation]


@pytest.fixture
def station(db: None) -> Station:
    """A station that is online, full and idle."""
    return make_station()


@pytest.fixture
def bay(station: Station) -> Bay:
    """Its first bay."""
    return station.bays.get(number=1)


@pytest.fixture
def device(station: Station) -> Device:
    """The station's controller, following the test's script."""
    return Device(station)


@pytest.fixture
def buy(bay: Bay, stripe_sandbox: Sandbox) -> Buy:
    """Buy a quick wash, at the first bay unless told otherwise."""

    def purchase(at: Bay | None = None, payment_method: str = "pm_card_visa") -> Activation:
        return buy_wash(at or bay, payment_method)

    return purchase


@pytest.fixture
def paid(buy: Buy) -> Wash:
    """A wash that is paid and whose start is on its way."""
    return buy().wash


@pytest.fixture
def running(paid: Wash, device: Device) -> Wash:
    """A wash that runs."""
    device.say(device.event("started", paid), device.state("running", paid, seconds_left=300))
    paid.refresh_from_db()
    return paid


_due: list[tuple[str, ...]] = []


@pytest.fixture(autouse=True)
def _letters_for_all() -> None:
    """Forget how many dead letters other tests' stations had."""
    from apps.stations.services import flood

    flood.letters.forget()


@pytest.fixture(autouse=True)
def _no_queue(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Queue refunds here instead of in Redis, and push no diffs."""
    from apps.stations import live, tasks

    _due.clear()
    monkeypatch.setattr(tasks.execute_refund, "delay_on_commit", lambda *args: _due.append(args))
    if "redis_url" not in request.fixturenames:
        monkeypatch.setattr(live, "broadcast", lambda slugs: 0)


@pytest.fixture
def settle() -> Callable[[], None]:
    """Deliver events, then run the refunds that they queued, as a worker would."""
    from apps.stations import tasks

    def run() -> None:
        events.deliver_all()
        while _due:
            tasks.execute_refund(*_due.pop(0))
        events.deliver_all()

    return run


@pytest.fixture
def customer(api: Any, buy: Buy, device: Device) -> Customer:
    """Somebody whose wash runs."""
    sold = buy()
    device.say(device.event("started", sold.wash), device.state("running", sold.wash, seconds_left=300))
    return Customer(api, sold.wash, sold.wash_token)


@pytest.fixture
def phone(bay: Bay) -> Phone:
    """A phone that shows the bay's page."""
    one = Phone(bay)
    one.look()
    return one


@pytest.fixture
def running_on(device: Device) -> Callable[[Phone], Wash]:
    """Buy on a phone and let the water run."""

    def run(phone: Phone) -> Wash:
        phone.buy()
        wash = Wash.objects.get()
        device.say(device.event("started", wash), device.state("running", wash, seconds_left=300))
        wash.refresh_from_db()
        return wash

    return run
