"""The figures of the overview: each from its owner's selectors, each in a bounded query."""

from dataclasses import dataclass
from datetime import timedelta

from django.urls import NoReverseMatch, reverse

from apps.common import health as system
from apps.common.clock import real_now
from apps.stations import selectors as stations
from apps.stations.states import Severity, WashStatus

WINDOW = timedelta(hours=24)


@dataclass(frozen=True)
class Figure:
    """One number, whose desk it is, and whether somebody has to act."""

    desk: str
    title: str
    value: int
    note: str
    tone: str
    link: str = ""


def figures() -> list[Figure]:
    """Return the figures in the order of the desks."""
    return [*_alerts(), *_washes()]


def health() -> list[system.Finding]:
    """Return what is up and what is not."""
    return system.status()


def _alerts() -> list[Figure]:
    counts = stations.alert_counts()
    critical, warning = counts.get(Severity.CRITICAL, 0), counts.get(Severity.WARNING, 0)
    tone = "critical" if critical else "warning" if warning else "calm"
    note = f"{critical} critical, {warning} warning"
    return [Figure("Operations", "Open alerts", critical + warning, note, tone, reverse("admin:stations_live"))]


def _washes() -> list[Figure]:
    counts = stations.wash_counts(real_now() - WINDOW)
    link = _list_of("stations_wash")
    running = counts.get(WashStatus.RUNNING, 0) + counts.get(WashStatus.PAUSED, 0)
    waiting = counts.get(WashStatus.ACTIVATING, 0) + counts.get(WashStatus.AWAITING_PAYMENT, 0)
    unconfirmed = counts.get(WashStatus.UNCONFIRMED, 0)
    finished = counts.get(WashStatus.FINISHED, 0) + counts.get(WashStatus.STOPPED, 0)
    refunding = stations.refunding_count()
    return [
        Figure("Operations", "Washing now", running, f"{waiting} about to start", "calm", link),
        Figure("Operations", "Washes finished", finished, "in the last 24 hours", "calm", link),
        Figure(
            "Operations",
            "Starts unconfirmed",
            unconfirmed,
            "a bay did not confirm its start",
            "warning" if unconfirmed else "calm",
            link,
        ),
        Figure(
            "Finance",
            "Refunds under way",
            refunding,
            "washes that wait for their refund",
            "warning" if refunding else "calm",
            link,
        ),
    ]


def _list_of(model: str) -> str:
    try:
        return reverse(f"admin:{model}_changelist")
    except NoReverseMatch:
        return ""
