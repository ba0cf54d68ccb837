"""Real clients at real brokers with exported files: a station speaks and hears in its own branch alone.

Mosquitto, where it is installed, and the embedded broker are held to one table.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.common.addresses import BrokerAddress
from apps.stations.gateways.mqtt import Lane
from apps.stations.gateways.password_file import PasswordFile, hash_password
from apps.stations.models import StationCredential
from apps.stations.services.provisioning import provision_station, revoke_station
from apps.stations.tests.factories import make_station
from petwash.devstack.mqtt import MqttServer, mosquitto
from petwash.devstack.ports import free_port
from petwash.devstack.tests.mqtt_peer import PATIENCE, Peer, peer

from .broker_rights import BRANCH, OTHER, RIGHTS, ULID, A, B

pytestmark = pytest.mark.django_db
LAST = f"{BRANCH}/birth"
ENTRIES = {slug: hash_password(f"of {slug}") for slug in (A, B)}


@pytest.fixture(
    scope="module",
    params=[
        "amqtt",
        pytest.param(
            "mosquitto", marks=pytest.mark.skipif(mosquitto() is None, reason="Mosquitto is not installed here")
        ),
    ],
)
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MqttServer]:
    home: Path = tmp_path_factory.mktemp("rights")
    server = MqttServer(home, free_port(), "bridge-secret", log=home / "log", embedded=request.param == "amqtt")
    for slug, entry in ENTRIES.items():
        PasswordFile(server.password_file).put(slug, entry)
    server.start()
    assert server.kind == request.param
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def exported(broker: MqttServer, settings, db: None) -> None:
    """Both stations are in service, and the files were written from the database."""
    settings.MQTT = BrokerAddress("127.0.0.1", broker.port, "bridge", broker.password, tls=False)
    settings.MQTT_PASSWORD_FILE, settings.MQTT_PID_FILE = str(broker.password_file), str(broker.pid_file)
    for slug in (A, B):
        made = make_station(slug)
        StationCredential.objects.filter(station=made).update(broker_entry=ENTRIES[slug])
    call_command("export_broker_acl", stdout=io.StringIO())
    wait_until_heard(broker)


def wait_until_heard(broker: MqttServer) -> None:
    """Wait until the broker has read what an earlier test changed."""
    for _ in range(100):
        guest = Peer(broker, A, f"of {A}")
        refused = guest.connected.get(timeout=PATIENCE).is_failure
        guest.leave()
        if not refused:
            return
    pytest.fail("The broker does not read its files again.")


@pytest.fixture
def bridge(broker: MqttServer) -> Iterator[Peer]:
    with peer(broker, "bridge", "bridge-secret") as guest:
        yield guest


def test_a_station_is_heard_in_its_own_branch_alone(broker: MqttServer, bridge: Peer) -> None:
    bridge.subscribe("#")
    written = [(topic, allowed) for user, access, topic, allowed in RIGHTS if (user, access) == (A, "write")]
    with peer(broker, A, f"of {A}") as station:
        for topic, _ in written:
            station.publish(topic, topic)
        station.publish(LAST, "the end")
    heard = []
    while (message := bridge.hear(1)[0]).payload != b"the end":
        heard.append(message.topic)
    assert sorted(heard) == sorted(topic for topic, allowed in written if allowed)


def test_a_station_hears_nothing_that_is_not_meant_for_it(broker: MqttServer, bridge: Peer) -> None:
    read = [(topic, allowed) for user, access, topic, allowed in RIGHTS if (user, access) == (A, "read")]
    with peer(broker, A, f"of {A}") as station:
        for topic in ("#", "pw/v1/st/+/cmd/+", "pw/v1/st/+/evack/+", f"{OTHER}/cmd/+", f"{OTHER}/#", "+/+/+/+/+/+"):
            station.subscribe(topic)
        for topic, _ in read:
            bridge.publish(topic, topic)
        bridge.publish(f"{BRANCH}/evack/{ULID}", "the end")
        heard = set()
        while (message := station.hear(1)[0]).payload != b"the end":
            heard.add(message.topic)
    assert heard == {topic for topic, allowed in read if allowed}


def test_the_bridge_hears_and_says_everything(broker: MqttServer, bridge: Peer) -> None:
    bridge.subscribe("#")
    topics = [topic for user, _, topic, _ in RIGHTS if user == "bridge"]
    for topic in topics:
        bridge.publish(topic, topic)
    assert [message.topic for message in bridge.hear(len(topics))] == topics


def test_a_station_cannot_throw_the_server_out(broker: MqttServer, settings) -> None:
    """Who uses its client id would; the id follows from a password that no station knows."""
    lane = Lane(settings.MQTT, "petwash-bridge-money", ["pw/v1/st/#"])
    lane.start()
    try:
        assert lane.subscribed.wait(PATIENCE)
        with peer(broker, A, f"of {A}", client_id="petwash-bridge-money", clean_session=False) as thief:
            thief.publish(LAST, "a round trip")
            assert lane.take(1, within=0, first_wait=PATIENCE)[0].payload == b"a round trip"
            assert lane.connected
    finally:
        lane.stop()


def test_without_a_password_nobody_comes_in(broker: MqttServer) -> None:
    for user, password in (("", ""), (A, ""), (A, f"of {B}"), ("nobody", "x"), ("bridge", "")):
        guest = Peer(broker, user, password)
        assert guest.connected.get(timeout=PATIENCE).is_failure
        guest.leave()


def test_new_credentials_end_the_session_of_the_old_ones(broker: MqttServer) -> None:
    thief = Peer(broker, A, f"of {A}").wait_connected()
    given = provision_station(slug=A, name=A, bays=1, rotate=True)
    thief.gone.get(timeout=PATIENCE)
    assert thief.connected.get(timeout=PATIENCE).is_failure
    thief.leave()
    with peer(broker, A, given["mqtt"]["password"]) as device:
        assert device.gone.empty()


def test_revoking_ends_the_living_session_and_keeps_the_station_out(broker: MqttServer, bridge: Peer) -> None:
    """The revocation writes the files and tells the broker; the rival next door notices nothing."""
    bridge.subscribe("pw/v1/st/#")
    with peer(broker, B, f"of {B}") as rival:
        thief = Peer(broker, A, f"of {A}").wait_connected()
        revoke_station(slug=A, reason="stolen")
        thief.gone.get(timeout=PATIENCE)
        assert thief.connected.get(timeout=PATIENCE).is_failure
        thief.leave()
        rival.publish(f"{OTHER}/conn", "still here")
        assert [message.payload for message in bridge.hear(1)] == [b"still here"]
        assert rival.gone.empty()
