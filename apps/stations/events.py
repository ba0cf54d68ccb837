"""What other apps may want to know of the stations."""

from dataclasses import dataclass

from apps.common import events


@dataclass(frozen=True)
class WashPaid(events.Event):
    """The customer's money arrived and a start command is on its way."""

    wash_id: str
    station: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class WashMoved(events.Event):
    """A wash went from one status to another."""

    wash_id: str
    station: str
    status: str


@dataclass(frozen=True)
class TopUpMoved(events.Event):
    """Seconds bought for a running wash went from one status to another."""

    top_up_id: str
    wash_id: str
    station: str
    status: str


@dataclass(frozen=True)
class WashRefundDue(events.Event):
    """A refund is written down and waits to be sent to the payment provider."""

    wash_id: str
    refund_id: str


@dataclass(frozen=True)
class StationChanged(events.Event):
    """Something that the live status shows has changed outside the bridge."""

    station: str


@dataclass(frozen=True)
class AlertRaised(events.Event):
    """An alert was opened, or became more severe."""

    alert_id: str
    station: str
    component: str
    severity: str
