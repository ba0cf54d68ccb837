"""What the device says: states, levels, events, alerts and answers, numbered and queued."""

import json
from dataclasses import asdict
from datetime import datetime

from apps.stations.protocol import messages as m
from apps.stations.protocol import topics
from apps.stations.protocol.ulid import make_ulid, ulid_at

from .effects import DropLink, Effect, Note, Publish, Reboot, Valve
from .faults import Faults
from .memory import BayMemory, Flash, Memory, TankMemory

FIRMWARE = "sim-1.0"


class Voice:
    """Turns what happens into messages; without a link only flash remembers it."""

    def __init__(self, station: str, memory: Memory, flash: Flash, faults: Faults) -> None:
        self.station = station
        self.memory = memory
        self.connected = False
        self._flash = flash
        self._faults = faults
        self._seq = 0
        self._effects: list[Effect] = []
        self._dropped_acks: set[str] = set()

    def take_effects(self) -> list[Effect]:
        """Return what was asked for since the last call."""
        effects, self._effects = self._effects, []
        return effects

    def save(self) -> None:
        """Write the flash; returns once it is stored."""
        self.memory.trim()
        self._flash.save(asdict(self.memory))

    def note(self, text: str) -> None:
        """Say a line on the console."""
        self._effects.append(Note(f"{self.station}: {text}"))

    def valve(self, bay: BayMemory, turned: str) -> None:
        """Have the water of a bay turned."""
        self._effects.append(Valve(bay.number, str(bay.wash), turned, bay.used_seconds))

    def lose_link(self, seconds: float) -> None:
        """Drop off the network."""
        self.note(f"link lost for {seconds:g} s")
        self._effects.append(DropLink(seconds))
        self.connected = False

    def lose_power(self, seconds: float) -> None:
        """Go dark."""
        self.note("power lost")
        self._effects.append(Reboot(seconds))
        self.connected = False

    def conn(self, now: datetime, *, online: bool) -> Publish:
        """Return the certificate of birth or death; the dead one is the last will."""
        message = m.Conn(online, self.memory.epoch, self.memory.boot, FIRMWARE, now)
        return Publish(topics.conn(self.station), message.to_json(), retain=True)

    def introduce(self, now: datetime) -> None:
        """Send the certificate, the inventory, all retained topics and what flash holds."""
        self.birth(now)
        self.resend_events()

    def birth(self, now: datetime) -> None:
        """Send the certificate, the inventory and the other retained topics again."""
        alive = self.conn(now, online=True)
        self._send(alive.topic, alive.payload, retain=True)
        bays, tanks = self.memory.bays.values(), self.memory.tanks.values()
        open_bays = [bay for bay in bays if bay.wash and bay.status != m.BayStatus.SANITIZING]
        message = m.Birth(
            epoch=self.memory.epoch,
            boot=self.memory.boot,
            fw=FIRMWARE,
            bays=tuple(m.BirthBay(bay.number, m.BayStatus(bay.status)) for bay in bays),
            tanks=tuple(m.BirthTank(tank.chemical, tank.capacity_ml) for tank in tanks),
            sessions=tuple(m.BirthSession(str(bay.wash), bay.number, bay.seconds_left) for bay in open_bays),
            ts=now,
        )
        self._send(topics.birth(self.station), message.to_json())
        self.report_all(now)

    def report_all(self, now: datetime) -> None:
        """Send every retained state and level."""
        for bay in self.memory.bays.values():
            self.bay_state(bay, now)
        for tank in self.memory.tanks.values():
            self.tank_level(tank, now)

    def bay_state(self, bay: BayMemory, now: datetime) -> None:
        """Send a bay's retained state."""
        message = m.BayState(
            state=m.BayStatus(bay.status),
            wash=bay.wash,
            seconds_left=bay.seconds_left if bay.wash else 0,
            fault=bay.fault,
            boot=self.memory.boot,
            seq=self._next(),
            ts=now,
        )
        self._send(topics.bay_state(self.station, bay.number), message.to_json(), retain=True)

    def tank_level(self, tank: TankMemory, now: datetime) -> None:
        """Send a tank's retained level."""
        message = m.TankLevel(
            chemical=tank.chemical,
            level_ml=round(tank.level_ml),
            capacity_ml=tank.capacity_ml,
            boot=self.memory.boot,
            seq=self._next(),
            ts=now,
        )
        self._send(topics.tank_level(self.station, tank.chemical), message.to_json(), retain=True)

    def event(self, bay: BayMemory, kind: m.EventType, now: datetime, wash: str = "") -> None:
        """Store an event in flash, then send it; `wash` names another than the bay's own."""
        own = not wash or wash == bay.wash
        message = m.BayEvent(
            event_id=ulid_at(int(now.timestamp() * 1000)),
            wash=wash or bay.wash,
            type=kind,
            seconds_used=int(bay.used_seconds) if own else 0,
            ml_used={name: round(ml) for name, ml in bay.ml_used.items()} if own else {},
            offline=not self.connected,
            boot=self.memory.boot,
            seq=self._next(),
            ts=now,
            total_seconds=bay.total_seconds if kind is m.EventType.TOPPED_UP else None,
        )
        topic, body = topics.bay_event(self.station, bay.number), message.to_json()
        if kind is m.EventType.STARTED:
            self.memory.started[f"{bay.number}:{message.wash}"] = [topic, body.decode()]
        self.keep(message.event_id, topic, body)
        if self._faults.poison:
            self._poison(bay)

    def keep(self, event_id: str, topic: str, body: bytes) -> None:
        """Store a message in flash until it is evacked, and send it."""
        self.memory.events[event_id] = [topic, body.decode()]
        self.save()
        self._send(topic, body)

    def evacked(self, event_id: str) -> None:
        """Forget an event that the server has committed."""
        if self.memory.events.pop(event_id, None) is not None:
            self.save()

    def resend_events(self) -> None:
        """Send everything again that has no evack yet, oldest first."""
        for topic, body in self.memory.events.values():
            self._send(topic, body.encode())

    def alert(self, tank: TankMemory, severity: m.Severity, now: datetime) -> None:
        """Report a low tank."""
        message = m.Alert(
            event_id=ulid_at(int(now.timestamp() * 1000)),
            severity=severity,
            ts=now,
            chemical=tank.chemical,
            level_pct=tank.percent,
        )
        self.note(f"{tank.chemical} is at {tank.percent}% ({severity})")
        self._send(topics.alert(self.station), message.to_json())

    def ack(self, command: str, result: m.AckResult, reason: str | None, now: datetime) -> None:
        """Answer a command; with `drop_ack` the first answer to each is lost."""
        if self._faults.drop_ack and command not in self._dropped_acks:
            self._dropped_acks.add(command)
            return
        message = m.Ack(id=command, result=result, reason=reason, ts=now)
        self._send(topics.ack(self.station, command), message.to_json())

    def _poison(self, bay: BayMemory) -> None:
        """Send what breaks the contract: unreadable, foreign, and readable only by its id."""
        self._send(topics.bay_state(self.station, bay.number), b'{"state":"melting"', retain=False)
        self._send(topics.alert(self.station), b"\xff\xfe")
        event_id = make_ulid()
        broken = json.dumps({"event_id": event_id, "type": "exploded", "seq": -1}).encode()
        self.keep(event_id, topics.bay_event(self.station, bay.number), broken)

    def _send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        if not self.connected:
            return
        for _ in range(2 if self._faults.duplicate else 1):
            self._effects.append(Publish(topic, payload, retain))

    def _next(self) -> int:
        self._seq += 1
        return self._seq
