"""A simulated device leaks, is robbed or clogs; from its messages alone the right alert stands."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from apps.common.clock import real_now
from apps.stations.models import Alert, Station, Wash
from apps.stations.services import history
from apps.stations.services.intake import Raw, take_batch
from apps.stations.services.reconciliation import sweep_chemicals
from apps.stations.simulator.station_file import ProgramSpec, TankSpec
from apps.stations.simulator.tests.bench import STATION, Bench
from apps.stations.states import WashStatus
from apps.stations.tests.conftest import Buy

pytestmark = pytest.mark.django_db
HERE = replace(
    STATION,
    station_id="riverside",
    username="riverside",
    tanks=(TankSpec("shampoo", 20_000, 20_000), TankSpec("disinfectant", 10_000, 10_000)),
    programs={"quick": ProgramSpec("quick", 300, {"shampoo": 150, "disinfectant": 50})},
)


def switch_on(station: Station, *faults: str) -> Bench:
    """Return the device of the station, heard by the server."""
    Station.objects.filter(pk=station.pk).update(epoch="")
    bench = Bench(*faults, station=HERE)
    tell(bench)
    return bench


def tell(bench: Bench) -> None:
    """Let the server hear what the device said."""
    take_batch([Raw(said.topic, said.payload) for said in bench.said])
    bench.said.clear()


def live(bench: Bench, minutes: int) -> None:
    """Let minutes pass, each with its sample, the present one first."""
    history.take_samples(bench.now)
    for _ in range(minutes):
        bench.wait(60, step=10)
        tell(bench)
        history.take_samples(bench.now)


def troubles(bench: Bench) -> list[str]:
    """Reconcile a little later, and return what stands."""
    Station.objects.update(connection_changed_at=bench.now - timedelta(days=1))
    sweep_chemicals(bench.now + timedelta(minutes=1))
    return list(Alert.objects.filter(cleared_at=None).values_list("component", flat=True))


@pytest.mark.parametrize(
    ("fault", "stands"), [("leak 60", ["tank:shampoo:leak"]), ("theft", ["tank:shampoo:theft"]), ("duplicate", [])]
)
def test_an_idle_station_that_loses_chemicals_is_found(station: Station, fault: str, stands: list[str]) -> None:
    bench = switch_on(station, fault)
    live(bench, 8)
    assert troubles(bench) == stands


@pytest.mark.parametrize(("faults", "stands"), [(["clog"], True), ([], False)])
def test_a_clogged_bay_is_found_after_three_washes(
    station: Station, buy: Buy, faults: list[str], stands: bool, settle: Callable[[], None]
) -> None:
    bench = switch_on(station, *faults)
    for _ in range(3):
        wash = buy().wash
        bench.start(wash=str(wash.public_id))
        bench.wait(330, step=5)
        tell(bench)
    assert list(Wash.objects.values_list("status", flat=True)) == [WashStatus.FINISHED] * 3
    Station.objects.update(connection_changed_at=real_now() - timedelta(days=1))
    sweep_chemicals()
    components = Alert.objects.filter(cleared_at=None).order_by("component").values_list("component", flat=True)
    assert list(components) == (["bay:1:clog:disinfectant", "bay:1:clog:shampoo"] if stands else [])
