"""What a device believes: signatures, repeats, nonces, cancels, and its own memory."""

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apps.stations.protocol import signing, topics
from apps.stations.protocol.messages import Birth
from apps.stations.protocol.topics import Kind
from apps.stations.protocol.ulid import make_ulid

from .bench import KEY, Bench


def test_a_forged_command_gets_no_answer_and_moves_nothing() -> None:
    bench = Bench()
    command = bench.start(wash="w-0", bay=2)
    forged = make_ulid()
    before = len(bench.said)
    topic = topics.command("tlv-1", forged)
    body = command.to_json().replace(command.id.encode(), forged.encode())
    bench.deliver(topic, signing.sign(topic, body, Ed25519PrivateKey.generate()))
    assert len(bench.said) == before
    assert bench.state(1).state == "idle"


def test_a_command_of_another_station_is_ignored() -> None:
    bench = Bench()
    command = bench.start(bay=2)
    before = len(bench.said)
    topic = topics.command("tlv-2", command.id)
    bench.deliver(topic, signing.sign(topic, command.to_json(), KEY))
    assert len(bench.said) == before


def test_a_repeat_is_a_duplicate_and_starts_nothing() -> None:
    bench = Bench()
    command = bench.start()
    bench.send(command)
    bench.wait(302)
    bench.send(command)
    assert bench.answers(command) == [("accepted", None), ("duplicate", None), ("duplicate", None)]
    bench.wait(60)
    assert bench.event_types() == ["started", "finished"]


def test_a_repeat_after_a_reboot_is_still_a_duplicate() -> None:
    bench = Bench()
    command = bench.start()
    bench.switch_on()
    bench.send(command)
    assert bench.answers(command)[-1] == ("duplicate", None)
    bench.wait(310)
    assert bench.event_types() == ["started", "finished"]


def test_the_id_is_in_flash_before_the_valve_opens() -> None:
    bench = Bench()
    command = bench.start()
    assert command.id in json.loads(bench.flash.text)["answers"]
    assert "started" not in bench.event_types()


def test_a_refusal_is_repeated_as_it_was() -> None:
    bench = Bench()
    bench.start(wash="w-0")
    refused = bench.start(wash="w-1")
    bench.send(refused)
    assert bench.answers(refused) == [("rejected", "bay_busy")] * 2


def test_a_nonce_counts_once() -> None:
    bench = Bench()
    bench.command("identify", wash=None, nonce="n-1")
    again = bench.command("identify", wash=None, nonce="n-1")
    assert bench.answers(again) == [("rejected", "nonce_reused")]


def test_the_same_wash_is_never_started_by_a_second_command() -> None:
    bench = Bench()
    bench.start()
    bench.wait(330)
    assert bench.state().state == "idle"
    assert bench.answers(bench.start()) == [("rejected", "already_started")]


def test_unknown_bays_and_programs_are_refused() -> None:
    bench = Bench()
    assert bench.answers(bench.start(bay=3)) == [("rejected", "unknown_bay")]
    assert bench.answers(bench.start(program="royal")) == [("rejected", "unknown_program")]


def test_a_cancel_before_the_start_leaves_a_tombstone() -> None:
    bench = Bench()
    cancel = bench.command("cancel")
    assert bench.answers(cancel) == [("cancelled", None)]
    assert bench.event_types() == ["cancelled"]
    bench.switch_on()
    assert bench.answers(bench.start()) == [("rejected", "cancelled_before")]


def test_a_cancel_of_a_waiting_start_frees_the_bay_unwashed() -> None:
    bench = Bench("never-start")
    bench.start()
    bench.wait(46)
    assert bench.event_types() == []
    cancel = bench.command("cancel")
    bench.send(cancel)
    assert bench.answers(cancel) == [("cancelled", None)] * 2
    assert bench.event_types() == ["cancelled"]
    assert bench.state().state == "idle"


def test_a_running_wash_is_not_cancelled_and_its_start_is_told_again() -> None:
    bench = Bench()
    bench.start()
    bench.wait(5)
    started = bench.events()[0]
    bench.evack(started.event_id)
    before = len(bench.said)
    cancel = bench.command("cancel")
    assert bench.answers(cancel) == [("rejected", "already_started")]
    assert [said.payload for said in bench.said[before:]].count(started.to_json()) == 1
    assert bench.state().state == "running"


def test_a_finished_wash_is_not_cancelled_either() -> None:
    bench = Bench()
    bench.start()
    bench.wait(330)
    assert bench.answers(bench.command("cancel")) == [("rejected", "already_started")]


def test_without_a_true_clock_nothing_is_accepted() -> None:
    bench = Bench("no-clock")
    assert bench.answers(bench.start()) == [("rejected", "clock_not_synchronised")]


def test_a_rebirth_tells_everything_again() -> None:
    bench = Bench()
    bench.start()
    bench.wait(10.5)
    before = len(bench.said)
    bench.command("rebirth", bay=None, wash=None)
    kinds = [topics.parse(said.topic).kind for said in bench.said[before:]]
    assert kinds.count(Kind.BIRTH) == 1
    assert kinds.count(Kind.BAY_STATE) >= 2
    assert kinds.count(Kind.TANK_LEVEL) >= 2
    birth = bench.messages(Kind.BIRTH)[-1]
    assert isinstance(birth, Birth)
    assert [(s.wash, s.bay, s.seconds_left) for s in birth.sessions] == [("w-1", 1, 290)]


def test_garbage_on_a_known_topic_is_survived() -> None:
    bench = Bench()
    bench.deliver(topics.command("tlv-1", make_ulid()), b"\xff")
    bench.deliver(topics.HOST_STATE, b"{")
    bench.deliver("pw/v1/st/tlv-1/other", b"")
    assert bench.answers(bench.start()) == [("accepted", None)]
