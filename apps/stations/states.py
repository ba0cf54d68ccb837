"""The states of bays, washes, commands and alerts, and the moves that a wash may make. Pure."""

from django.db.models import TextChoices


class BayState(TextChoices):
    """What a bay reports of itself; `offline` is also how a bay of a silent station is shown."""

    IDLE = "idle", "Idle"
    READY = "ready", "Ready"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    SANITIZING = "sanitizing", "Sanitising"
    FAULT = "fault", "Fault"
    OFFLINE = "offline", "Offline"


class WashStatus(TextChoices):
    """The life of one paid wash; `cancelled` is a lease that ended before any money moved.

    `interrupted` holds no bay: the one it had broke down, and its seconds may go on at another one.
    """

    AWAITING_PAYMENT = "awaiting_payment", "Awaiting payment"
    ACTIVATING = "activating", "Activating"
    UNCONFIRMED = "unconfirmed", "Start unconfirmed"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    INTERRUPTED = "interrupted", "Interrupted by a fault, may move"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped"
    REFUNDING = "refunding", "Refunding"
    PARTIALLY_REFUNDED = "partially_refunded", "Partially refunded"
    REFUNDED = "refunded", "Refunded"
    CANCELLED = "cancelled", "Cancelled before payment"


OPEN_WASH = (
    WashStatus.AWAITING_PAYMENT,
    WashStatus.ACTIVATING,
    WashStatus.UNCONFIRMED,
    WashStatus.RUNNING,
    WashStatus.PAUSED,
)
"""A wash in one of these holds its bay: Postgres lets a bay have one of them at most."""

WASH_MOVES: dict[str, tuple[str, ...]] = {
    WashStatus.AWAITING_PAYMENT: (WashStatus.ACTIVATING, WashStatus.CANCELLED),
    WashStatus.ACTIVATING: (
        WashStatus.RUNNING,
        WashStatus.UNCONFIRMED,
        WashStatus.INTERRUPTED,
        WashStatus.REFUNDING,
    ),
    WashStatus.UNCONFIRMED: (WashStatus.RUNNING, WashStatus.INTERRUPTED, WashStatus.REFUNDING),
    WashStatus.INTERRUPTED: (WashStatus.ACTIVATING, WashStatus.REFUNDING),
    WashStatus.RUNNING: (
        WashStatus.PAUSED,
        WashStatus.FINISHED,
        WashStatus.STOPPED,
        WashStatus.INTERRUPTED,
        WashStatus.REFUNDING,
    ),
    WashStatus.PAUSED: (
        WashStatus.RUNNING,
        WashStatus.FINISHED,
        WashStatus.STOPPED,
        WashStatus.INTERRUPTED,
        WashStatus.REFUNDING,
    ),
    WashStatus.REFUNDING: (WashStatus.REFUNDED, WashStatus.PARTIALLY_REFUNDED),
    WashStatus.CANCELLED: (WashStatus.REFUNDING,),  # a payment that succeeds after its lease ended
    WashStatus.FINISHED: (),
    WashStatus.STOPPED: (),
    # A bank may return a refund after it had succeeded: it is open again.
    WashStatus.PARTIALLY_REFUNDED: (WashStatus.REFUNDING,),
    WashStatus.REFUNDED: (WashStatus.REFUNDING,),
}


def sources_of(target: str) -> tuple[str, ...]:
    """Return the states from which a wash may move to the target."""
    return tuple(source for source, targets in WASH_MOVES.items() if target in targets)


class TopUpStatus(TextChoices):
    """The life of seconds bought for a wash that runs; `paid` waits for the station's word."""

    AWAITING_PAYMENT = "awaiting_payment", "Awaiting payment"
    PAID = "paid", "Paid, not confirmed by the station"
    CONFIRMED = "confirmed", "Confirmed by the station"
    CANCELLED = "cancelled", "Cancelled before payment"
    REFUNDING = "refunding", "Refunding"
    REFUNDED = "refunded", "Refunded"


OPEN_TOP_UP = (TopUpStatus.AWAITING_PAYMENT, TopUpStatus.PAID)
"""Postgres lets a wash have one top-up in one of these at most: totals are set, never added up."""

TOP_UP_MOVES: dict[str, tuple[str, ...]] = {
    TopUpStatus.AWAITING_PAYMENT: (TopUpStatus.PAID, TopUpStatus.CANCELLED, TopUpStatus.REFUNDING),
    TopUpStatus.PAID: (TopUpStatus.CONFIRMED, TopUpStatus.REFUNDING),
    TopUpStatus.CONFIRMED: (),  # from here on it is a part of its wash, and refunded with it
    TopUpStatus.CANCELLED: (TopUpStatus.REFUNDING,),  # a payment that succeeds after it was given up
    TopUpStatus.REFUNDING: (TopUpStatus.REFUNDED,),
    TopUpStatus.REFUNDED: (TopUpStatus.REFUNDING,),  # the bank returned it
}


class PartStatus(TextChoices):
    """Where the refund of one payment of a wash stands."""

    WAITING = "waiting", "Waits for the bank"
    PENDING = "pending", "Pending"
    SUCCEEDED = "succeeded", "Succeeded"
    CHARGED_BACK = "charged_back", "Taken by the bank"
    FAILED = "failed", "Failed"


BACK = (PartStatus.SUCCEEDED, PartStatus.CHARGED_BACK)
"""The customer has it."""


class CommandType(TextChoices):
    """What the server may tell a station to do."""

    START = "start", "Start"
    TOP_UP = "top_up", "Top up"
    CANCEL = "cancel", "Cancel"
    STOP = "stop", "Stop"
    RESUME = "resume", "Resume"
    IDENTIFY = "identify", "Identify"
    REBIRTH = "rebirth", "Rebirth"


class TankStatus(TextChoices):
    """Where a level stands against its tank's thresholds; `unknown` until the first report."""

    UNKNOWN = "unknown", "Unknown"
    OK = "ok", "OK"
    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


class Severity(TextChoices):
    """How urgent an alert is."""

    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


class AlertChange(TextChoices):
    """What may happen to an alert."""

    RAISED = "raised", "Raised"
    ESCALATED = "escalated", "Escalated"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    CLEARED = "cleared", "Cleared"
