"""mqtts:// with our own authority and client certificates, on a real Mosquitto that demands both."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from queue import Queue

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured
from structlog.testing import capture_logs

from apps.common.addresses import BrokerAddress, TlsFiles
from apps.stations.gateways.mqtt import Lane
from apps.stations.gateways.tls import tls_context
from apps.stations.simulator.effects import Publish
from apps.stations.simulator.link import Broker, Link, LinkDown, LinkUp, Signal
from apps.stations.simulator.tests.bench import STATION
from apps.stations.tests.test_bridge import until
from petwash.devstack.mqtt import mosquitto
from petwash.devstack.ports import free_port

# paho leaves the socket of a failed handshake to the garbage collector
unclosed_socket = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
needs_mosquitto = pytest.mark.skipif(mosquitto() is None, reason="the embedded broker speaks no TLS; install mosquitto")


class Authority:
    """Signs certificates, as an operator's own would."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._signed(self._name, self._key.public_key(), authority=True))

    def issue(self, name: str) -> TlsFiles:
        """Return the files of one who trusts this authority and shows what it signed."""
        key, subject = (
            ec.generate_private_key(ec.SECP256R1()),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        )
        certificate, key_file = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        certificate.write_bytes(self._signed(subject, key.public_key(), authority=False))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return TlsFiles(str(self.file), str(certificate), str(key_file))

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "ours")


@pytest.fixture(scope="module")
def secured(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerAddress]:
    """A Mosquitto that speaks TLS alone and lets in whom our authority vouches for."""
    port, home, own = free_port(), tmp_path_factory.mktemp("broker"), authority.issue("broker")
    lines = [
        f"listener {port} 127.0.0.1",
        f"cafile {own.ca}",
        f"certfile {own.certificate}",
        f"keyfile {own.key}",
        "require_certificate true",
        "allow_anonymous true",
        *(["user root"] if os.geteuid() == 0 else []),
    ]
    (home / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    program = mosquitto()
    assert program
    server = subprocess.Popen([program, "-c", str(home / "mosquitto.conf")], stderr=subprocess.DEVNULL)
    yield BrokerAddress("127.0.0.1", port, "bridge", "secret", tls=True, files=authority.issue("bridge"))
    server.kill()
    server.wait()


def refusal_of(address: BrokerAddress) -> dict[str, object]:
    """Return what the lane says when it is not let in."""
    lane = Lane(address, "petwash-tls-test", ())
    with capture_logs() as said:
        lane.start()
        found: dict[str, object] = until(
            lambda: next((one for one in said if one["event"] in ("mqtt.not_connected", "mqtt.disconnected")), None)
        )
        assert not lane.connected
        lane.stop()
    return found


@needs_mosquitto
def test_the_bridge_and_a_station_get_in_with_the_right_certificates(secured: BrokerAddress) -> None:
    lane = Lane(secured, "petwash-tls-test", ["pw/v1/st/+/conn"])
    lane.start()
    until(lambda: lane.connected)
    inbox: Queue[Signal] = Queue()
    broker = Broker(secured.host, secured.port, tls=True, files=secured.files)
    link = Link(STATION, broker, Publish("pw/v1/st/tlv-1/conn", b"gone", retain=False), inbox)
    assert isinstance(inbox.get(timeout=20), LinkUp)
    link.publish(Publish("pw/v1/st/tlv-1/conn", b"hello", retain=False))
    [heard] = until(lambda: lane.take(1, 0.1))
    assert heard.payload == b"hello"
    link.close(Publish("pw/v1/st/tlv-1/conn", b"bye", retain=False))
    lane.stop()


@needs_mosquitto
@unclosed_socket
def test_a_broker_of_another_authority_is_refused_and_the_log_says_why(secured: BrokerAddress, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    found = refusal_of(replace(secured, files=replace(secured.files, ca=str(stranger.file))))
    assert (found["event"], found["error"]) == ("mqtt.not_connected", "SSLCertVerificationError")
    assert "certificate" in str(found["reason"])


@needs_mosquitto
@unclosed_socket
def test_a_station_believes_no_broker_of_another_authority(secured: BrokerAddress, tmp_path: Path) -> None:
    files = replace(secured.files, ca=str(Authority(tmp_path, "stranger").file))
    inbox: Queue[Signal] = Queue()
    link = Link(
        STATION,
        Broker(secured.host, secured.port, tls=True, files=files),
        Publish("pw/v1/st/tlv-1/conn", b"gone", retain=False),
        inbox,
    )
    assert not link._client.is_connected()
    link.close(Publish("pw/v1/st/tlv-1/conn", b"bye", retain=False))
    assert not [one for one in inbox.queue if isinstance(one, LinkUp)]
    assert all(isinstance(one, LinkDown) for one in inbox.queue)


@needs_mosquitto
@unclosed_socket
def test_without_a_certificate_of_ours_the_broker_lets_nobody_in(secured: BrokerAddress) -> None:
    found = refusal_of(replace(secured, files=TlsFiles(ca=secured.files.ca)))
    assert found["event"] in ("mqtt.not_connected", "mqtt.disconnected")


@pytest.mark.parametrize("wrong", ["ca", "certificate"])
def test_a_file_that_cannot_be_used_is_named_with_its_setting(authority: Authority, tmp_path: Path, wrong: str) -> None:
    files = replace(authority.issue("bridge"), **{wrong: str(tmp_path / "absent.pem")})
    setting = {"ca": "MQTT_CA_FILE", "certificate": "MQTT_CERT_FILE"}[wrong]
    with pytest.raises(ImproperlyConfigured, match=setting):
        tls_context(files)
    (tmp_path / "absent.pem").write_text("no certificate")
    with pytest.raises(ImproperlyConfigured, match=r"absent\.pem"):
        tls_context(files)
