"""What the embedded broker promises, asked by real clients; Mosquitto, where installed, likewise."""

import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.stations.gateways.password_file import PasswordFile
from petwash.devstack.mqtt import MqttServer, mosquitto
from petwash.devstack.ports import free_port
from petwash.devstack.tests.mqtt_peer import PATIENCE, Peer, peer

STATION = "harbour-1"
RIVAL = "hill-2"


@pytest.fixture(scope="module", params=["amqtt", *(["mosquitto"] if mosquitto() else [])])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MqttServer]:
    home: Path = tmp_path_factory.mktemp("broker")
    server = MqttServer(home, free_port(), "bridge-secret", log=home / "log", embedded=request.param == "amqtt")
    for station in (STATION, RIVAL):
        PasswordFile(server.password_file).set(station, "secret")
    server.start()
    assert server.kind == request.param
    yield server
    server.stop()


@pytest.fixture
def bridge(broker: MqttServer) -> Iterator[Peer]:
    with peer(broker, "bridge", "bridge-secret") as guest:
        yield guest


def test_a_client_without_a_password_is_refused(broker):
    for user, password in (("", ""), (STATION, "wrong"), ("nobody", "secret")):
        guest = Peer(broker, user, password)
        assert guest.connected.get(timeout=PATIENCE).is_failure
        guest.leave()


def test_a_stranger_cannot_take_over_the_session_of_another(broker, bridge):
    name = secrets.token_hex(4)
    with peer(broker, STATION, "secret", client_id=name, clean_session=False) as station:
        station.subscribe(f"pw/v1/st/{STATION}/cmd/+")
        thief = Peer(broker, STATION, "wrong", client_id=name, clean_session=False)
        assert thief.connected.get(timeout=PATIENCE).is_failure
        thief.leave()
        bridge.publish(f"pw/v1/st/{STATION}/cmd/1", "still yours")
        assert station.hear(1)[0].payload == b"still yours"


def test_a_station_writes_its_own_branch_alone(broker, bridge):
    bridge.subscribe("#")
    with peer(broker, STATION, "secret") as station:
        station.publish(f"pw/v1/st/{RIVAL}/conn", "forged")
        station.publish("pw/v1/host/state", "forged")
        station.publish(f"pw/v1/st/{STATION}/cmd/1", "forged")
        station.publish(f"pw/v1/st/{STATION}/conn", "mine")
        assert [message.payload for message in bridge.hear(1)] == [b"mine"]


def test_a_station_reads_only_what_is_meant_for_it(broker, bridge):
    with peer(broker, STATION, "secret") as station:
        station.subscribe("#")
        station.subscribe(f"pw/v1/st/{RIVAL}/cmd/+")
        bridge.publish(f"pw/v1/st/{RIVAL}/cmd/1", "not yours")
        bridge.publish(f"pw/v1/st/{STATION}/cmd/1", "yours")
        assert station.hear(1)[0].payload == b"yours"


def test_a_last_will_needs_the_right_to_its_topic(broker, bridge):
    bridge.subscribe("pw/v1/#")
    forger = Peer(broker, STATION, "secret", will=(f"pw/v1/st/{RIVAL}/conn", "dead"))
    forger.wait_connected().vanish()
    honest = Peer(broker, STATION, "secret", will=(f"pw/v1/st/{STATION}/conn", "gone"))
    honest.wait_connected().vanish()
    heard = bridge.hear(1)[0]
    assert (heard.topic, heard.payload) == (f"pw/v1/st/{STATION}/conn", b"gone")


def test_a_goodbye_publishes_no_last_will(broker, bridge):
    bridge.subscribe("pw/v1/#")
    Peer(broker, STATION, "secret", will=(f"pw/v1/st/{STATION}/conn", "w")).wait_connected().leave()
    with peer(broker, STATION, "secret") as station:
        station.publish(f"pw/v1/st/{STATION}/birth", "back")
    assert bridge.hear(1)[0].payload == b"back"


def test_retained_messages_reach_only_those_who_may_read_them(broker, bridge):
    bridge.publish(f"pw/v1/st/{RIVAL}/cmd/9", "secret order", retain=True)
    bridge.publish("pw/v1/host/state", "up", retain=True)
    with peer(broker, STATION, "secret") as station:
        station.subscribe("pw/v1/#")
        heard = station.hear(1)[0]
        assert (heard.payload, heard.retain) == (b"up", True)
        bridge.publish(f"pw/v1/st/{STATION}/cmd/2", "next")
        assert station.hear(1)[0].payload == b"next"
    bridge.publish(f"pw/v1/st/{RIVAL}/cmd/9", "", retain=True)
    bridge.publish("pw/v1/host/state", "", retain=True)


def test_what_was_not_acknowledged_comes_again_in_order_after_a_death(broker):
    """More messages than fit in a socket, the client dies among them, more come in its absence."""
    name = f"bridge-{secrets.token_hex(4)}"
    session = {"client_id": name, "clean_session": False}
    reader = Peer(broker, "bridge", "bridge-secret", acknowledge=False, **session).wait_connected()
    reader.subscribe(f"pw/v1/st/{STATION}/ack/+")
    with peer(broker, STATION, "secret") as station:
        for number in range(100):
            station.publish(f"pw/v1/st/{STATION}/ack/{number}", str(number))
        first = reader.hear(100)
        for message in first[:10]:
            reader.client.ack(message.mid, message.qos)
        reader.publish("pw/v1/host/state", "a round trip, so that the ten acks are in")
        reader.vanish()
        for number in range(100, 130):
            station.publish(f"pw/v1/st/{STATION}/ack/{number}", str(number))
    with peer(broker, "bridge", "bridge-secret", **session) as again:
        heard = again.hear(120)
        assert [int(message.payload) for message in heard] == list(range(10, 130))
        assert not any(message.retain for message in heard)
        assert all(message.dup for message in heard[:90])


def test_a_revoked_station_is_cut_off_and_no_other(broker):
    passwords = PasswordFile(broker.password_file)
    with peer(broker, RIVAL, "secret") as rival:
        station = Peer(broker, STATION, "secret").wait_connected()
        passwords.revoke(STATION)
        os.kill(int(broker.pid_file.read_text()), signal.SIGHUP)
        station.gone.get(timeout=PATIENCE)
        assert station.connected.get(timeout=PATIENCE).is_failure
        station.leave()
        rival.subscribe(f"pw/v1/st/{RIVAL}/cmd/+")
        assert rival.gone.empty()
    passwords.set(STATION, "secret")
    os.kill(int(broker.pid_file.read_text()), signal.SIGHUP)
