"""What a device asks its surroundings to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Publish:
    """Send a message at QoS 1."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True)
class DropLink:
    """Lose the network for so many seconds, without a good-bye."""

    seconds: float


@dataclass(frozen=True)
class Reboot:
    """Lose power and come back after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Note:
    """A line for the console."""

    text: str


@dataclass(frozen=True)
class Valve:
    """Turn the water of a bay: `opened`, `resumed` or `closed`, after so many seconds of the wash."""

    bay: int
    wash: str
    turned: str
    seconds: float


Effect = Publish | DropLink | Reboot | Note | Valve
