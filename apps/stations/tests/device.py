"""A scripted device at the level of messages: what it says goes straight into the intake."""

from typing import Any

from apps.common.clock import real_now
from apps.stations.models import Command, Station, Wash
from apps.stations.protocol import messages, topics
from apps.stations.protocol.ulid import make_ulid
from apps.stations.services import commands
from apps.stations.services.intake import Outcome, Raw, take_batch


class Device:
    """Says what a test tells it to say; it decides nothing by itself."""

    def __init__(self, station: Station, *, epoch: str = "epoch-1", boot: int = 1) -> None:
        self.station, self.slug, self.epoch, self.boot = station, station.slug, epoch, boot
        self.seq = 0

    def say(self, *raws: Raw) -> Outcome:
        """Deliver messages as one batch."""
        return take_batch(list(raws))

    def conn(self, *, online: bool = True) -> Raw:
        """A birth or death certificate."""
        word = messages.Conn(online=online, epoch=self.epoch, boot=self.boot, fw="1.0", ts=real_now())
        return Raw(topics.conn(self.slug), word.to_json())

    def state(self, state: str, wash: Wash | None = None, *, bay: int = 1, **changes: Any) -> Raw:
        """A bay's state with the next sequence number."""
        fields: dict[str, Any] = {
            "state": messages.BayStatus(state),
            "wash": str(wash.public_id) if wash else None,
            "seconds_left": 0,
            "fault": None,
            "boot": self.boot,
            "seq": self.next(),
            "ts": real_now(),
        }
        return Raw(topics.bay_state(self.slug, bay), messages.BayState(**fields | changes).to_json())

    def level(self, level_ml: int, *, chemical: str = "shampoo", capacity_ml: int = 20_000, **changes: Any) -> Raw:
        """A tank's level with the next sequence number."""
        fields: dict[str, Any] = {
            "chemical": chemical,
            "level_ml": level_ml,
            "capacity_ml": capacity_ml,
            "boot": self.boot,
            "seq": self.next(),
            "ts": real_now(),
        }
        return Raw(topics.tank_level(self.slug, chemical), messages.TankLevel(**fields | changes).to_json())

    def event(self, kind: str, wash: Wash | None, *, bay: int = 1, used: int = 0, **changes: Any) -> Raw:
        """An event of a wash."""
        fields: dict[str, Any] = {
            "event_id": make_ulid(),
            "wash": str(wash.public_id) if wash else None,
            "type": messages.EventType(kind),
            "seconds_used": used,
            "ml_used": {"shampoo": 10},
            "offline": False,
            "boot": self.boot,
            "seq": self.next(),
            "ts": real_now(),
        }
        return Raw(topics.bay_event(self.slug, bay), messages.BayEvent(**fields | changes).to_json())

    def ack(self, command: Command, result: str, reason: str | None = None) -> Raw:
        """An answer to a command."""
        word = messages.Ack(id=command.ulid, result=messages.AckResult(result), reason=reason, ts=real_now())
        return Raw(topics.ack(self.slug, command.ulid), word.to_json())

    def alert(self, chemical: str, level_pct: int, severity: str = "critical") -> Raw:
        """A low tank, as the device sees it."""
        word = messages.Alert(
            event_id=make_ulid(),
            severity=messages.Severity(severity),
            ts=real_now(),
            chemical=chemical,
            level_pct=level_pct,
        )
        return Raw(topics.alert(self.slug), word.to_json())

    def complaint(self, **about: Any) -> Raw:
        """An alert about whatever `chemical` or `component` names."""
        word = messages.Alert(event_id=make_ulid(), severity=messages.Severity.WARNING, ts=real_now(), **about)
        return Raw(topics.alert(self.slug), word.to_json())

    def next(self) -> int:
        """Count a message."""
        self.seq += 1
        return self.seq


def sent_commands(kind: str) -> list[messages.Command]:
    """Claim what is due and return the bodies of one type, as a device would read them."""
    bodies = [messages.Command.parse(out.body) for out in commands.claim_due()]
    return [body for body in bodies if body.type == kind]
