"""Faults on demand do what their names say, and no more."""

import pytest

from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.messages import BayEvent, readable_event_id
from apps.stations.protocol.topics import Kind
from apps.stations.simulator.faults import Faults
from apps.stations.simulator.washing import Pace

from .bench import Bench, station_with_level


@pytest.mark.parametrize("word", ["offline 120", "offline:120", "offline=120", "offline"])
def test_a_fault_may_carry_seconds(word: str) -> None:
    assert Faults.read([word]).offline == 120


@pytest.mark.parametrize(
    "word", ["", "melt", "offline x", "offline -1", "poison 3", "offline 1e9", "leak -3", "clog 2"]
)
def test_an_unknown_fault_is_named(word: str) -> None:
    with pytest.raises(ValueError, match=r"fault|seconds|millilitres"):
        Faults.read([word])


def test_drop_ack_loses_the_first_answer_alone() -> None:
    bench = Bench("drop-ack")
    command = bench.start()
    assert bench.answers(command) == []
    bench.send(command)
    assert bench.answers(command) == [("duplicate", None)]
    bench.wait(302)
    assert bench.event_types() == ["started", "finished"]


def test_never_start_accepts_and_stays_dry() -> None:
    bench = Bench("never-start")
    assert bench.answers(bench.start()) == [("accepted", None)]
    bench.wait(120)
    assert bench.event_types() == []
    assert bench.state().state == "ready"


def test_late_start_is_heard_only_when_the_link_is_back() -> None:
    bench = Bench("late-start 60")
    command = bench.start()
    assert bench.answers(command) == [("accepted", None)]
    assert bench.links_lost == [60]
    bench.wait(60)
    assert bench.event_types() == []
    bench.connect()
    assert [(e.type.value, e.offline) for e in bench.events()] == [("started", True)]


def test_duplicate_says_everything_twice_with_the_same_ids() -> None:
    bench = Bench("duplicate")
    bench.start()
    bench.wait(302)
    assert bench.event_types() == ["started", "finished"]
    said = [message.payload for message in bench.said]
    assert {said.count(payload) % 2 for payload in said} == {0}


def test_reboot_mid_wash_loses_power_once_and_the_wash_goes_on() -> None:
    bench = Bench("reboot-mid-wash")
    bench.start()
    bench.wait(160)
    assert bench.reboots == 1
    bench.switch_on()
    assert bench.state().state == "paused"
    bench.wait(160)
    assert bench.reboots == 1
    assert bench.event_types() == ["started", "finished"]
    assert bench.events()[-1].seconds_used == 300


def test_offline_drops_the_link_once_in_mid_wash() -> None:
    bench = Bench("offline 120", pace=Pace(speed=60))
    bench.start()
    bench.wait(30)
    assert bench.links_lost == [120]
    bench.connect()
    assert bench.events()[-1].offline
    bench.start(wash="w-2")
    bench.wait(30)
    assert bench.links_lost == [120]


def test_low_tank_crosses_the_critical_line_with_the_next_wash() -> None:
    bench = Bench("low-tank", pace=Pace(refill_after=30))
    assert 1_000 < bench.level() < 1_100
    bench.start()
    bench.wait(40)
    alerts = [alert.to_json() for alert in bench.messages(Kind.ALERT)]
    critical = [alert for alert in alerts if b'"critical"' in alert]
    assert len(critical) == 1
    assert b'"shampoo"' in critical[0]
    bench.wait(270)
    assert bench.event_types() == ["started", "finished"]
    assert bench.level() > 9_800


def test_poison_breaks_the_contract_and_stays_in_flash_until_evacked() -> None:
    bench = Bench("poison")
    bench.start()
    bench.wait(1)
    bodies = [said.payload for said in bench.said if said.topic.endswith("/event")]
    broken = [body for body in bodies if refused(body)]
    assert len(broken) == 1
    event_id = readable_event_id(broken[0])
    assert event_id in bench.device.memory.events
    bench.evack(str(event_id))
    assert event_id not in bench.device.memory.events


def refused(body: bytes) -> bool:
    try:
        BayEvent.parse(body)
    except ProtocolError:
        return True
    return False


def test_a_warning_sends_nobody_and_a_canister_brings_what_it_holds() -> None:
    bench = Bench(station=station_with_level(1_050), pace=Pace(refill_after=30, canister_ml=800))
    bench.wait(60)
    assert bench.level() == 1_050, "a warning alone brings no canister"
    bench.start()
    bench.wait(350)
    assert bench.event_types() == ["started", "finished"]
    assert 1_500 < bench.level() < 1_850


def test_a_leak_empties_the_first_tank_alone_and_washes_report_none_of_it() -> None:
    bench = Bench("leak 60")
    bench.start()
    bench.wait(360)
    assert bench.events()[-1].ml_used == {"shampoo": 120}
    bench.connect()
    assert (bench.level("shampoo"), bench.level("conditioner")) == (10_000 - 120 - 360, 10_000)


def test_a_thief_comes_once_while_no_bay_washes() -> None:
    bench = Bench("theft")
    bench.start()
    bench.wait(301)
    bench.connect()
    assert bench.level() == 9_880
    bench.wait(300)
    bench.connect()
    assert bench.level() == 4_940


def test_a_clogged_nozzle_gives_less_and_says_so() -> None:
    bench = Bench("clog")
    bench.start()
    bench.wait(302)
    assert bench.events()[-1].ml_used == {"shampoo": 48}
    assert bench.level() == 9_952
