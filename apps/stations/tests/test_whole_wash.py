"""The whole way: provisioned, bought, started by the simulator over the broker, finished, refunded.

Real broker, real bridge, real devices, the payment sandbox; only the refund task runs by hand.
"""

import io
import json
import queue
import runpy
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from apps.common.addresses import BrokerAddress
from apps.common.heartbeats import age_seconds
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.stations.bridge.bridge import Bridge
from apps.stations.models import Alert, Command, DeadLetter, Station, StationEvent, TopUp, Wash
from apps.stations.services import customer, sweeps
from apps.stations.services.activation import activate
from apps.stations.services.top_ups import TopUpOrder, top_up
from apps.stations.simulator.faults import Faults
from apps.stations.simulator.link import Broker
from apps.stations.simulator.memory import RamFlash
from apps.stations.simulator.runner import Station as SimulatedStation
from apps.stations.simulator.runner import run
from apps.stations.simulator.station_file import read_station_file
from apps.stations.simulator.washing import Pace
from petwash.devstack.mqtt import MqttServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stripe_sandbox")]
PATIENCE_SECONDS = 40
Simulate = Callable[..., dict[str, Any]]


def until(fact: Callable[[], Any]) -> Any:
    """Wait for a fact; fail when it does not come."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := fact():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it never happened; washes: {list(Wash.objects.values('status', 'reason'))}")


@pytest.fixture
def bridge(transactional_db: None, mqtt_broker: MqttServer) -> Iterator[Bridge]:
    address = BrokerAddress("127.0.0.1", mqtt_broker.port, "bridge", mqtt_broker.password, tls=False)
    running = Bridge(address)
    thread = threading.Thread(target=running.run)
    thread.start()
    until(lambda: age_seconds("bridge") is not None)
    yield running
    running.stop()
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def simulate(bridge: Bridge, mqtt_broker: MqttServer, tmp_path: Path) -> Iterator[Simulate]:
    """Provision a station, bring its device on air, wait until it can be sold."""
    stop, threads = threading.Event(), []

    def start(*faults: str, speed: float = 200.0, levels: dict[str, int] | None = None) -> dict[str, Any]:
        slug = f"sim{time.time_ns()}"
        out = io.StringIO()
        call_command("provision_station", slug, "--name", "Simulated", stdout=out)
        device: dict[str, Any] = json.loads(out.getvalue())
        for tank in device["tanks"]:
            tank["level_ml"] = (levels or {}).get(tank["chemical"], tank["capacity_ml"])
        path = tmp_path / f"{slug}.json"
        path.write_text(json.dumps(device))
        inbox: queue.Queue[Any] = queue.Queue()
        station = SimulatedStation(
            read_station_file(path),
            RamFlash(),
            broker=Broker("127.0.0.1", mqtt_broker.port),
            faults=Faults.read(list(faults)),
            pace=Pace(speed=speed),
            inbox=inbox,
            say=lambda line: None,
        )
        threads.append(threading.Thread(target=run, args=([station], inbox, stop)))
        threads[-1].start()
        bays = Station.objects.get(slug=slug).bays
        until(lambda: bays.filter(state="idle").count() == 2 and Station.objects.get(slug=slug).online)
        until(lambda: not Station.objects.get(slug=slug).tanks.filter(status="unknown").exists())
        return device

    yield start
    stop.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def buy(device: dict[str, Any], bay: int = 0, program: str = "quick") -> Wash:
    chosen = device["bays"][bay]
    return activate(
        bay_id=chosen["id"],
        bay_token=chosen["bay_token"],
        program=program,
        payment_method="pm_card_visa",
        key=f"purchase-{time.time_ns()}",
        address="192.0.2.7",
    ).wash


def status_is(wash: Wash, *wanted: str) -> Callable[[], bool]:
    return lambda: Wash.objects.get(pk=wash.pk).status in wanted


@pytest.fixture
def example(bridge: Bridge, mqtt_broker: MqttServer, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A station on air that runs docs/examples/station.py; yields its provisioning file."""
    slug = f"example{time.time_ns()}"
    out = io.StringIO()
    call_command("provision_station", slug, "--name", "Example", stdout=out)
    device: dict[str, Any] = json.loads(out.getvalue())
    program = runpy.run_path(str(settings.BASE_DIR / "docs" / "examples" / "station.py"))
    station = program["Station"](device, tmp_path / "flash.json", "127.0.0.1", mqtt_broker.port, second=0.005)
    stop = threading.Event()

    def turn() -> None:
        while not stop.is_set():
            station.step()

    thread = threading.Thread(target=turn)
    thread.start()
    yield device
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def revenue() -> int:
    return ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor


def test_two_washes_run_side_by_side_drain_the_tanks_and_free_their_bays(simulate: Simulate) -> None:
    device = simulate()
    first, second = buy(device, 0), buy(device, 1, "classic")
    until(status_is(first, "finished"))
    until(status_is(second, "finished"))
    assert revenue() == first.amount_minor + second.amount_minor
    station = Station.objects.get()
    until(lambda: station.bays.filter(state="idle").count() == 2)
    until(lambda: station.tanks.get(chemical="shampoo").level_ml == 20_000 - 150 - 250)
    assert Command.objects.filter(result="accepted").count() == 2
    # The broker of the run still holds what stations of other tests retained.
    assert not DeadLetter.objects.filter(topic__contains=device["station_id"]).exists()


def test_the_documented_example_of_a_station_runs_a_paid_wash(example: dict[str, Any]) -> None:
    station = Station.objects.get(slug=example["station_id"])
    until(
        lambda: station.bays.filter(state="idle").count() == 2 and not station.tanks.filter(status="unknown").exists()
    )
    wash = buy(example)
    until(status_is(wash, "finished"))
    assert [event.type for event in StationEvent.objects.order_by("id")] == ["started", "finished"]
    assert (revenue(), Wash.objects.get().seconds_used) == (wash.amount_minor, 300)
    until(lambda: station.tanks.get(chemical="shampoo").level_ml == 20_000 - 150)
    until(lambda: station.bays.filter(state="idle").count() == 2)
    assert not DeadLetter.objects.filter(topic__contains=example["station_id"]).exists()


@pytest.mark.parametrize("fault", ["drop-ack", "duplicate", "poison", "reboot-mid-wash"])
def test_a_fault_on_the_way_neither_loses_nor_doubles_the_wash(simulate: Simulate, fault: str) -> None:
    device = simulate(fault)
    wash = buy(device)
    until(status_is(wash, "finished"))
    story = [step.to_status for step in wash.transitions.all()]
    assert [status for status in story if status != "paused"][:3] == ["awaiting_payment", "activating", "running"]
    assert [event.type for event in StationEvent.objects.order_by("id")] == ["started", "finished"]
    assert (revenue(), Wash.objects.get().goodwill) == (900, False)


def test_a_tank_that_runs_low_raises_one_alert(simulate: Simulate) -> None:
    device = simulate(levels={"shampoo": 2_100})
    wash = buy(device)
    until(status_is(wash, "finished"))
    until(lambda: Alert.objects.filter(component="tank:shampoo", severity="critical").exists())
    sweeps.sweep_levels()
    assert Alert.objects.filter(component="tank:shampoo").count() == 1


def test_a_start_that_never_comes_is_cancelled_and_refunded(simulate: Simulate, settle: Callable[[], None]) -> None:
    device = simulate("never-start")
    wash = buy(device)
    until(lambda: Command.objects.filter(result="accepted").exists())
    paid_at = Wash.objects.get().paid_at
    assert paid_at
    Wash.objects.update(paid_at=paid_at - timedelta(seconds=46))
    sweeps.sweep_starts()
    until(status_is(wash, "refunding"))
    settle()
    assert Wash.objects.get().status == "refunded"
    assert revenue() == 0


def test_a_top_up_over_the_broker_runs_its_seconds_and_a_stop_refunds_the_newest(simulate: Simulate, settle) -> None:
    device = simulate("drop-ack", speed=20.0)
    sold = activate(
        bay_id=device["bays"][0]["id"],
        bay_token=device["bays"][0]["bay_token"],
        program="quick",
        payment_method="pm_card_visa",
        key=f"purchase-{time.time_ns()}",
        address="192.0.2.7",
    )
    until(status_is(sold.wash, "running"))
    top_up(
        wash_id=str(sold.wash.public_id),
        wash_token=sold.wash_token,
        order=TopUpOrder(300, 600, "pm_card_visa"),
        key=f"top-up-{time.time_ns()}",
        address="192.0.2.7",
    )
    until(lambda: TopUp.objects.get().status == "confirmed")
    until(lambda: StationEvent.objects.filter(type="topped_up").exists())
    customer.stop_wash(wash_id=str(sold.wash.public_id), wash_token=sold.wash_token)
    until(status_is(sold.wash, "refunding"))
    settle()
    wash = Wash.objects.get()
    kept = wash.paid.amount_minor - wash.refunded_minor
    assert (wash.total_seconds, wash.paid.amount_minor, wash.status) == (900, 2_700, "partially_refunded")
    assert 0 < kept <= wash.seconds_used * 3 < 2_700
    assert revenue() == kept
