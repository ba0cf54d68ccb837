"""The device's flash: what survives a loss of power."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from apps.stations.protocol.messages import BayStatus

from .station_file import StationFile

SEEN_LIMIT = 500


@dataclass
class BayMemory:
    """One bay. `wait` counts down the phase: real seconds, or wash seconds while sanitizing."""

    number: int
    status: str = BayStatus.IDLE.value
    wash: str | None = None
    program: str = ""
    total_seconds: int = 0
    used_seconds: float = 0.0
    ml_used: dict[str, float] = field(default_factory=dict)
    wait: float = 0.0
    fault: str | None = None
    rebooted: bool = False

    @property
    def seconds_left(self) -> int:
        """Paid seconds that are still to run, rounded up."""
        return max(0, -int(-(self.total_seconds - self.used_seconds) // 1))


@dataclass
class TankMemory:
    """One tank; `alerted` is the severity that was last reported."""

    chemical: str
    capacity_ml: int
    level_ml: float
    alerted: str = ""

    @property
    def percent(self) -> int:
        """The level in whole percent, rounded down."""
        return int(self.level_ml * 100 // self.capacity_ml)


@dataclass
class Memory:
    """Everything that the device stores.

    answers: command to result and reason. started: `bay:wash` to topic and body of its `started`.
    events: event to topic and body, until evacked.
    """

    epoch: str
    boot: int
    bays: dict[int, BayMemory]
    tanks: dict[str, TankMemory]
    answers: dict[str, list[str]] = field(default_factory=dict)
    nonces: list[str] = field(default_factory=list)
    tombstones: list[str] = field(default_factory=list)
    started: dict[str, list[str]] = field(default_factory=dict)
    events: dict[str, list[str]] = field(default_factory=dict)

    def trim(self) -> None:
        """Forget the oldest commands, nonces and tombstones; events stay until evacked."""
        for command in list(self.answers)[:-SEEN_LIMIT]:
            del self.answers[command]
        for wash in list(self.started)[:-SEEN_LIMIT]:
            del self.started[wash]
        del self.nonces[:-SEEN_LIMIT]
        del self.tombstones[:-SEEN_LIMIT]


class Flash(Protocol):
    """Where the memory is kept."""

    def load(self) -> dict[str, Any] | None:
        """Return what was saved last, or None when the flash is new."""

    def save(self, data: dict[str, Any]) -> None:
        """Store durably before it returns."""


class FileFlash:
    """Flash in a file, replaced atomically."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Any] | None:
        """Return what was saved last; a file that is not whole counts as a replaced board."""
        try:
            data = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return data if isinstance(data, dict) else None

    def save(self, data: dict[str, Any]) -> None:
        """Store through a draft, so that a crash leaves the old or the new state."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(data, separators=(",", ":")))
        draft.replace(self._path)


class RamFlash:
    """Flash for tests: it survives the device object and nothing else."""

    def __init__(self) -> None:
        self.text = ""

    def load(self) -> dict[str, Any] | None:
        """Return what was saved last."""
        return dict(json.loads(self.text)) if self.text else None

    def save(self, data: dict[str, Any]) -> None:
        """Keep a copy."""
        self.text = json.dumps(data)


def power_on(flash: Flash, station: StationFile) -> Memory:
    """Load the memory and count the boot; new flash gets a new epoch and full bays of tanks."""
    data = flash.load()
    memory = _fresh(station) if data is None else _restore(data, station)
    memory.boot += 1
    flash.save(asdict(memory))
    return memory


def _fresh(station: StationFile) -> Memory:
    return Memory(
        epoch=secrets.token_hex(8),
        boot=0,
        bays={number: BayMemory(number) for number in station.bays},
        tanks={t.chemical: TankMemory(t.chemical, t.capacity_ml, t.level_ml) for t in station.tanks},
    )


def _restore(data: dict[str, Any], station: StationFile) -> Memory:
    memory = _fresh(station)
    memory.epoch, memory.boot = data["epoch"], data["boot"]
    memory.answers, memory.nonces = data["answers"], data["nonces"]
    memory.tombstones, memory.events = data["tombstones"], data["events"]
    memory.started = data["started"]
    saved_bays = {int(number): row for number, row in data["bays"].items()}
    for number in memory.bays.keys() & saved_bays.keys():
        memory.bays[number] = BayMemory(**saved_bays[number])
    for chemical, tank in memory.tanks.items():
        if chemical in data["tanks"]:
            saved = TankMemory(**data["tanks"][chemical])
            tank.level_ml, tank.alerted = min(saved.level_ml, tank.capacity_ml), saved.alerted
    return memory
