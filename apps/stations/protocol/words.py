"""The words that messages are made of."""

from enum import StrEnum


class BayStatus(StrEnum):
    """What a bay does."""

    IDLE = "idle"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    SANITIZING = "sanitizing"
    FAULT = "fault"
    OFFLINE = "offline"


class EventType(StrEnum):
    """What happened to a wash."""

    STARTED = "started"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAULT = "fault"
    TOPPED_UP = "topped_up"
    CANCELLED = "cancelled"


class CommandType(StrEnum):
    """What the server asks for."""

    START = "start"
    TOP_UP = "top_up"
    CANCEL = "cancel"
    STOP = "stop"
    RESUME = "resume"
    IDENTIFY = "identify"
    REBIRTH = "rebirth"


class AckResult(StrEnum):
    """How a station answers a command."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Severity(StrEnum):
    """How urgent an alert is."""

    WARNING = "warning"
    CRITICAL = "critical"


class Part(StrEnum):
    """What a station may name in an alert beside its chemicals and its bays (`bay-1`)."""

    PUMP = "pump"
    VALVE = "valve"
    HEATER = "heater"
    DRYER = "dryer"
    WATER = "water"
    DRAIN = "drain"
    POWER = "power"
    DOOR = "door"
    DISPLAY = "display"
    SENSOR = "sensor"
    NETWORK = "network"
