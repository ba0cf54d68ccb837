"""A wash from its start to the clean bay."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from apps.stations.protocol.messages import Birth, Conn
from apps.stations.protocol.topics import Kind
from apps.stations.simulator.device import Device
from apps.stations.simulator.effects import Note
from apps.stations.simulator.faults import Faults
from apps.stations.simulator.memory import RamFlash
from apps.stations.simulator.station_file import DisplaySpec
from apps.stations.simulator.washing import Pace

from .bench import Bench, station_with_level

MOMENT = datetime(2026, 1, 2, 3, 4, 0, tzinfo=UTC)


def test_a_station_introduces_itself_on_each_connect() -> None:
    bench = Bench()
    conn, birth = bench.messages(Kind.CONN)[-1], bench.messages(Kind.BIRTH)[-1]
    assert isinstance(conn, Conn)
    assert isinstance(birth, Birth)
    assert conn.online
    assert conn.boot == 1
    assert [(bay.bay, bay.state.value) for bay in birth.bays] == [(1, "idle"), (2, "idle")]
    assert [(tank.chemical, tank.capacity_ml) for tank in birth.tanks] == [
        ("shampoo", 10_000),
        ("conditioner", 10_000),
    ]
    assert birth.sessions == ()
    assert bench.state(2).state == "idle"
    assert bench.level() == 10_000


def test_the_last_will_is_the_death_of_this_boot() -> None:
    bench = Bench()
    will = bench.device.last_will(bench.now)
    message = Conn.parse(will.payload)
    assert (message.online, message.boot, will.retain) == (False, 1, True)


def test_a_wash_runs_its_paid_seconds_and_uses_the_programs_millilitres() -> None:
    bench = Bench()
    command = bench.start()
    assert bench.answers(command) == [("accepted", None)]
    assert bench.state().state == "ready"
    assert bench.event_types() == []
    bench.wait(1)
    assert bench.event_types() == ["started"]
    assert bench.state().state == "running"
    assert bench.state().wash == "w-1"
    bench.wait(301)
    assert bench.event_types() == ["started", "finished"]
    finished = bench.events()[-1]
    assert (finished.seconds_used, finished.ml_used, finished.offline) == (
        300,
        {"shampoo": 120},
        False,
    )
    assert bench.level() == 9_880
    assert bench.state().state == "sanitizing"
    assert bench.state().wash is None
    bench.wait(20)
    assert bench.state().state == "idle"


def test_seconds_left_only_fall_while_it_runs() -> None:
    bench = Bench()
    bench.start()
    left = []
    for _ in range(20):
        bench.wait(10)
        left.append(bench.state().seconds_left)
    assert left == sorted(left, reverse=True)
    assert left[0] > left[-1] > 0


def test_speed_shortens_the_wait_and_not_the_wash() -> None:
    bench = Bench(pace=Pace(speed=60))
    bench.start()
    bench.wait(7)
    assert bench.event_types() == ["started", "finished"]
    assert bench.events()[-1].seconds_used == 300


def test_the_bays_wash_at_the_same_time_from_shared_tanks() -> None:
    bench = Bench()
    bench.start(bay=1, wash="w-1")
    bench.start(bay=2, wash="w-2")
    bench.wait(302)
    assert bench.level() == 10_000 - 2 * 120


def test_a_stop_reports_what_was_used() -> None:
    bench = Bench()
    bench.start()
    bench.wait(100.5)
    stop = bench.command("stop")
    assert bench.answers(stop) == [("accepted", None)]
    stopped = bench.events()[-1]
    assert (stopped.type, stopped.seconds_used, stopped.ml_used) == ("stopped", 100, {"shampoo": 40})
    assert bench.state().state == "sanitizing"


def test_a_stop_of_another_wash_stops_nothing() -> None:
    bench = Bench()
    bench.start()
    bench.wait(5)
    stop = bench.command("stop", wash="w-9")
    assert bench.answers(stop) == [("rejected", "wash_unknown")]
    assert bench.state().state == "running"


def test_a_top_up_sets_the_total_and_never_lowers_it() -> None:
    bench = Bench()
    bench.start()
    bench.wait(10.5)
    assert bench.answers(bench.command("top_up", total_seconds=400)) == [("accepted", None)]
    assert bench.event_types() == ["started", "topped_up"]
    assert bench.events()[-1].total_seconds == 400
    assert bench.state().seconds_left == 390
    lower = bench.command("top_up", total_seconds=350)
    assert bench.answers(lower) == [("rejected", "lower_total")]
    bench.wait(391)
    assert bench.events()[-1].seconds_used == 400


def test_a_falling_level_is_alerted_once_per_threshold() -> None:
    bench = Bench(station=station_with_level(2_600))
    for number in range(14):
        bench.start("deluxe", 600, wash=f"w-{number}")
        bench.wait(625, step=5)
    alerts = [alert.to_json() for alert in bench.messages(Kind.ALERT)]
    assert [b'"critical"' in alert for alert in alerts] == [False, True]
    assert [b'"warning"' in alert for alert in alerts] == [True, False]


def test_a_tank_that_cannot_finish_one_wash_refuses_it() -> None:
    bench = Bench(station=station_with_level(119))
    assert bench.answers(bench.start()) == [("rejected", "tank_too_low")]


def test_an_empty_tank_stops_the_wash_as_a_fault_and_a_refill_mends_it() -> None:
    bench = Bench(station=station_with_level(130), pace=Pace(refill_after=400))
    bench.start(bay=1, wash="w-1")
    bench.start(bay=2, wash="w-2")
    bench.wait(200)
    assert bench.event_types() == ["started", "started", "fault", "fault"]
    assert bench.state().fault == "tank_empty"
    used = sum(event.ml_used["shampoo"] for event in bench.events()[2:])
    assert used == 130
    assert bench.answers(bench.start(wash="w-3")) == [("rejected", "bay_fault")]
    bench.wait(250)
    assert bench.level() == 10_000
    assert bench.state().state == "idle"


@pytest.mark.parametrize("moment", ["sanitizing", "running"])
def test_a_bay_takes_no_second_wash(moment: str) -> None:
    bench = Bench()
    bench.start()
    bench.wait(301 if moment == "sanitizing" else 5)
    assert bench.state().state == moment
    reason = {"sanitizing": "not_sanitized", "running": "bay_busy"}[moment]
    assert bench.answers(bench.start(wash="w-2")) == [("rejected", reason)]


def test_an_expired_command_opens_no_valve() -> None:
    bench = Bench()
    late = bench.start(expires_at=bench.now - timedelta(seconds=1))
    assert bench.answers(late) == [("expired", None)]
    bench.wait(5)
    assert bench.event_types() == []


def test_a_top_up_that_was_answered_survives_a_loss_of_power() -> None:
    bench = Bench()
    bench.start()
    bench.wait(10.5)
    top_up = bench.command("top_up", total_seconds=400)
    bench.switch_on()
    bench.send(top_up)
    assert bench.answers(top_up) == [("accepted", None), ("duplicate", None)]
    assert bench.state().seconds_left == 390


def test_only_a_paused_bay_is_resumed_and_then_at_once() -> None:
    bench = Bench(pace=Pace(resume_after=600))
    bench.start()
    bench.wait(10.5)
    assert bench.answers(bench.command("resume")) == [("rejected", "not_paused")]
    bench.switch_on()
    assert bench.state().state == "paused"
    bench.wait(60)
    assert bench.state().state == "paused"
    assert bench.answers(bench.command("resume", wash="w-9")) == [("rejected", "wash_unknown")]
    assert bench.answers(bench.command("resume")) == [("accepted", None)]
    assert bench.state().state == "running"
    assert bench.state().seconds_left == 290


def test_the_rest_of_a_wash_starts_at_another_bay_and_never_again_at_the_first() -> None:
    bench = Bench()
    bench.start()
    bench.wait(100.5)
    bench.command("stop")
    bench.wait(30)
    assert bench.answers(bench.start(bay=2, seconds=200)) == [("accepted", None)]
    bench.wait(201)
    assert bench.events()[-1].seconds_used == 200
    assert bench.answers(bench.start(seconds=200)) == [("rejected", "already_started")]


def test_a_display_prints_each_new_code_and_a_bay_without_one_none() -> None:
    shown = {1: DisplaySpec("bay-one", "key", lit=True), 2: DisplaySpec("bay-two", "key", lit=False)}
    station = replace(station_with_level(10_000), displays=shown)
    device = Device(station, RamFlash(), faults=Faults(), pace=Pace(), now=MOMENT)
    device.connected(MOMENT)
    said = [
        effect.text
        for seconds in (0, 10, 29, 30, 45)
        for effect in device.tick(MOMENT + timedelta(seconds=seconds))
        if isinstance(effect, Note)
    ]
    codes = [device.presence_code(1, MOMENT), device.presence_code(1, MOMENT + timedelta(seconds=30))]
    assert said == [f"tlv-1: bay 1 shows {code}" for code in codes]
    assert device.presence_code(2, MOMENT) not in codes
