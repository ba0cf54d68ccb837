"""Events live in flash until the server has them; a boot is counted; time offline is history."""

import json
from pathlib import Path

from apps.stations.protocol.messages import Conn
from apps.stations.protocol.topics import Kind
from apps.stations.simulator.memory import FileFlash, power_on

from .bench import STATION, Bench


def sent_times(bench: Bench, payload: bytes) -> int:
    return [said.payload for said in bench.said].count(payload)


def test_an_event_is_sent_every_thirty_seconds_until_it_is_evacked() -> None:
    bench = Bench()
    bench.start()
    bench.wait(1)
    started = bench.events()[0]
    bench.wait(90)
    assert sent_times(bench, started.to_json()) == 4
    bench.evack(started.event_id)
    bench.wait(60)
    assert sent_times(bench, started.to_json()) == 4


def test_an_event_is_sent_again_when_the_host_comes_back() -> None:
    bench = Bench()
    bench.host(online=True)
    bench.start()
    bench.wait(1)
    started = bench.events()[0].to_json()
    bench.host(online=True)
    assert sent_times(bench, started) == 1
    bench.host(online=False)
    bench.host(online=True)
    assert sent_times(bench, started) == 2


def test_events_survive_a_reboot() -> None:
    bench = Bench()
    bench.start()
    bench.wait(1)
    started = bench.events()[0].to_json()
    bench.said.clear()
    bench.switch_on()
    assert sent_times(bench, started) == 1


def test_what_happens_without_a_link_is_told_later_and_marked() -> None:
    bench = Bench()
    bench.start()
    bench.wait(1)
    bench.disconnect()
    before = len(bench.said)
    bench.wait(310)
    assert len(bench.said) == before
    bench.connect()
    assert [(e.type.value, e.offline) for e in bench.events()] == [
        ("started", False),
        ("finished", True),
    ]


def test_after_a_reboot_in_mid_wash_the_bay_is_paused_with_what_is_left() -> None:
    bench = Bench()
    bench.start()
    bench.wait(100.5)
    bench.switch_on()
    assert (bench.state().state, bench.state().wash) == ("paused", "w-1")
    assert 199 <= bench.state().seconds_left <= 202
    bench.wait(4)
    assert bench.state().state == "running"
    bench.wait(203)
    assert bench.event_types() == ["started", "finished"]
    assert bench.events()[-1].seconds_used == 300


def test_each_start_counts_the_boot_within_one_epoch() -> None:
    bench = Bench()
    bench.switch_on()
    bench.switch_on()
    conns = [conn for conn in bench.messages(Kind.CONN) if isinstance(conn, Conn)]
    assert [conn.boot for conn in conns] == [1, 2, 3]
    assert len({conn.epoch for conn in conns}) == 1


def test_boot_and_sequence_only_grow() -> None:
    bench = Bench()
    bench.start()
    bench.wait(20)
    bench.switch_on()
    bench.wait(20)
    marks = [(data["boot"], data["seq"]) for data in (json.loads(said.payload) for said in bench.said) if "seq" in data]
    unique = list(dict.fromkeys(marks))
    assert unique == sorted(unique)
    assert len(unique) > 10


def test_a_file_survives_and_a_broken_one_is_a_new_board(tmp_path: Path) -> None:
    flash = FileFlash(tmp_path / "state" / "tlv-1.json")
    first = power_on(flash, STATION)
    again = power_on(flash, STATION)
    assert (again.epoch, again.boot) == (first.epoch, 2)
    (tmp_path / "state" / "tlv-1.json").write_text('{"epoch":')
    replaced = power_on(flash, STATION)
    assert replaced.boot == 1
    assert replaced.epoch != first.epoch


def test_idle_stations_show_that_they_live() -> None:
    bench = Bench()
    before = len(bench.said)
    bench.wait(61)
    assert len(bench.said) - before == 2 * 4
