"""A test bench for one device: its clock, its flash, and the server's side of the wire."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.stations.protocol import messages as m
from apps.stations.protocol import signing, topics
from apps.stations.protocol.topics import Kind
from apps.stations.protocol.ulid import make_ulid
from apps.stations.simulator.device import Device
from apps.stations.simulator.effects import DropLink, Effect, Publish, Reboot
from apps.stations.simulator.faults import Faults
from apps.stations.simulator.memory import RamFlash
from apps.stations.simulator.station_file import ProgramSpec, StationFile, TankSpec
from apps.stations.simulator.washing import Pace

KEY = signing.private_key(base64.b64encode(b"k" * 32).decode())
STATION = StationFile(
    station_id="tlv-1",
    username="tlv-1",
    password="secret",
    server_public_key=signing.public_key_of(base64.b64encode(b"k" * 32).decode()),
    bays=(1, 2),
    tanks=(TankSpec("shampoo", 10_000, 10_000), TankSpec("conditioner", 10_000, 10_000)),
    programs={
        "quick": ProgramSpec("quick", 300, {"shampoo": 120}),
        "deluxe": ProgramSpec("deluxe", 600, {"shampoo": 300, "conditioner": 200}),
    },
)


class Bench:
    """Drives a device and sorts what it says."""

    def __init__(self, *faults: str, pace: Pace | None = None, station: StationFile = STATION) -> None:
        self.now = datetime(2026, 1, 2, 12, tzinfo=UTC)
        self.flash = RamFlash()
        self.station = station
        self.faults = Faults.read(faults)
        self.pace = pace or Pace()
        self.said: list[Publish] = []
        self.links_lost: list[float] = []
        self.reboots = 0
        self.switch_on()

    def switch_on(self) -> None:
        """Boot on the same flash, and connect."""
        self.device = Device(self.station, self.flash, faults=self.faults, pace=self.pace, now=self.now)
        self.connect()

    def connect(self) -> None:
        """Bring the link up."""
        self._take(self.device.connected(self.now))

    def disconnect(self) -> None:
        """Bring the link down."""
        self._take(self.device.disconnected())

    def wait(self, seconds: float, step: float = 0.5) -> None:
        """Let time pass in steps."""
        for _ in range(round(seconds / step)):
            self.now += timedelta(seconds=step)
            self._take(self.device.tick(self.now))

    def host(self, *, online: bool) -> None:
        """Publish the server's state."""
        state = m.HostState(online=online, ts=self.now)
        self._take(self.device.received(topics.HOST_STATE, state.to_json(), self.now))

    def evack(self, event_id: str) -> None:
        """Confirm an event."""
        self._take(self.device.received(topics.evack("tlv-1", event_id), b"{}", self.now))

    def command(self, kind: str, **given: Any) -> m.Command:
        """Make a command and send it."""
        whole: dict[str, Any] = {"bay": 1, "wash": "w-1", "total_seconds": None, "program": None} | given
        command = m.Command(
            id=whole.pop("id", None) or make_ulid(),
            type=m.CommandType(kind),
            expires_at=whole.pop("expires_at", self.now + timedelta(seconds=30)),
            nonce=whole.pop("nonce", None) or make_ulid(),
            **whole,
        )
        self.send(command)
        return command

    def start(self, program: str = "quick", seconds: int = 300, **given: Any) -> m.Command:
        """Send a start."""
        return self.command("start", program=program, total_seconds=seconds, **given)

    def send(self, command: m.Command, key: Any = KEY) -> None:
        """Sign and deliver a command."""
        topic = topics.command(self.station.station_id, command.id)
        self.deliver(topic, signing.sign(topic, command.to_json(), key))

    def deliver(self, topic: str, payload: bytes) -> None:
        """Deliver raw bytes."""
        self._take(self.device.received(topic, payload, self.now))

    def answers(self, command: m.Command) -> list[tuple[str, str | None]]:
        """Return the acks of a command, in order."""
        acks = [a for a in self.messages(Kind.ACK) if isinstance(a, m.Ack) and a.id == command.id]
        return [(ack.result.value, ack.reason) for ack in acks]

    def events(self) -> list[m.BayEvent]:
        """Return the events, each once, in order."""
        found = [e for e in self.messages(Kind.BAY_EVENT) if isinstance(e, m.BayEvent)]
        return list({event.event_id: event for event in found}.values())

    def event_types(self) -> list[str]:
        """Return the types of the events, each event once."""
        return [event.type.value for event in self.events()]

    def state(self, bay: int = 1) -> m.BayState:
        """Return the last state of a bay."""
        topic = topics.bay_state(self.station.station_id, bay)
        return m.BayState.parse([p.payload for p in self.said if p.topic == topic][-1])

    def level(self, chemical: str = "shampoo") -> int:
        """Return the last level of a tank, in millilitres."""
        topic = topics.tank_level(self.station.station_id, chemical)
        return m.TankLevel.parse([p.payload for p in self.said if p.topic == topic][-1]).level_ml

    def messages(self, kind: Kind) -> list[m.Message]:
        """Return everything said of one kind."""
        parsed = [(topics.parse(said.topic), said.payload) for said in self.said]
        return [m.parse_message(topic, body) for topic, body in parsed if topic.kind is kind]

    def _take(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Publish):
                assert topics.parse(effect.topic).retained or not effect.retain
                self.said.append(effect)
            elif isinstance(effect, DropLink):
                self.links_lost.append(effect.seconds)
            elif isinstance(effect, Reboot):
                self.reboots += 1


def station_with_level(level_ml: int) -> StationFile:
    """Return the station with so much shampoo."""
    return replace(STATION, tanks=(TankSpec("shampoo", 10_000, level_ml), STATION.tanks[1]))
