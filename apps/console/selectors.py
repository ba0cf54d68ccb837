"""The figures of the overview: each from its owner's selectors, each in a bounded query."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.timesince import timesince

from apps.accounts import selectors as accounts
from apps.bookings import selectors as bookings
from apps.bookings.states import BookingStatus
from apps.common import health as system
from apps.common.clock import real_now
from apps.escrow import selectors as escrow
from apps.fraud import selectors as fraud
from apps.fraud.states import Decision
from apps.reconciliation import selectors as reconciliation
from apps.sitters import selectors as sitters
from apps.stations import selectors as stations
from apps.stations.states import Severity, WashStatus

WINDOW = timedelta(hours=24)
COMPARED_WITHIN = timedelta(hours=36)  # a night and a half


@dataclass(frozen=True)
class Figure:
    """One number, whether somebody has to act (`tone`), and where to."""

    title: str
    value: int
    note: str
    tone: str = "calm"
    link: str = ""


@dataclass(frozen=True)
class Desk:
    """The figures of one group of staff."""

    name: str
    figures: list[Figure]


def desks(person: Any) -> list[Desk]:
    """Return the desks that the person belongs to; the others are not even counted."""
    return [Desk(name, figures()) for name, figures in _DESKS.items() if accounts.belongs_to(person, name)]


def health() -> list[system.Finding]:
    """Return what is up and what is not."""
    return system.status()


def _operations() -> list[Figure]:
    return [_alerts(), *_washes(), _stays()]


def _alerts() -> Figure:
    counts = stations.alert_counts()
    critical, warning = counts.get(Severity.CRITICAL, 0), counts.get(Severity.WARNING, 0)
    tone = "critical" if critical else _warn_if(warning)
    return Figure(
        "Open alerts",
        critical + warning,
        f"{critical} critical, {warning} warning",
        tone,
        reverse("admin:stations_live"),
    )


def _washes() -> list[Figure]:
    counts = stations.wash_counts(real_now() - WINDOW)
    link = _list_of("stations_wash")
    running = counts.get(WashStatus.RUNNING, 0) + counts.get(WashStatus.PAUSED, 0)
    waiting = counts.get(WashStatus.ACTIVATING, 0) + counts.get(WashStatus.AWAITING_PAYMENT, 0)
    unconfirmed = counts.get(WashStatus.UNCONFIRMED, 0)
    finished = counts.get(WashStatus.FINISHED, 0) + counts.get(WashStatus.STOPPED, 0)
    return [
        Figure("Washing now", running, f"{waiting} about to start", link=link),
        Figure("Washes finished", finished, "in the last 24 hours", link=link),
        Figure("Starts unconfirmed", unconfirmed, "no word from the bay yet", _warn_if(unconfirmed), link),
    ]


def _stays() -> Figure:
    counts = bookings.open_counts()
    on = counts.get(BookingStatus.IN_PROGRESS, 0)
    note = f"{counts.get(BookingStatus.REQUESTED, 0)} requested, {counts.get(BookingStatus.CONFIRMED, 0)} confirmed"
    return Figure("Stays going on", on, note, link=_list_of("bookings_booking"))


def _finance() -> list[Figure]:
    due, blocked, refunding = escrow.payouts_due(), escrow.payouts_blocked(), stations.refunding_count()
    washes = _list_of("stations_wash")
    return [
        Figure("Payouts due", due, "the next run pays them", link=reverse("admin:payouts")),
        Figure("Payouts blocked", blocked, "frozen, disputed or paused", _warn_if(blocked), reverse("admin:payouts")),
        Figure("Wash refunds under way", refunding, "not yet confirmed", _warn_if(refunding), washes),
        _breaks(),
    ]


def _breaks() -> Figure:
    """Where gateway and books disagree; a comparison that does not come is a warning, too."""
    waiting, compared_at = reconciliation.backlog(), reconciliation.last_finished_at()
    late = compared_at is None or real_now() - compared_at > COMPARED_WITHIN
    when = f"compared {timesince(compared_at, real_now())} ago" if compared_at else "never compared yet"
    oldest = f"the oldest for {timesince(waiting.oldest_at, real_now())}, " if waiting.oldest_at else ""
    tone = "critical" if waiting.count else _warn_if(late)
    return Figure("Open breaks", waiting.count, oldest + when, tone, _list_of("reconciliation_break"))


def _trust() -> list[Figure]:
    review = sitters.cases_in_review()
    flagged = fraud.flagged_counts(real_now() - WINDOW)
    blocked = flagged.get(Decision.BLOCK, 0)
    return [
        Figure(
            "Vetting in review", review, "a person has to decide", _warn_if(review), _list_of("sitters_vettingcase")
        ),
        Figure(
            "Messages flagged",
            sum(flagged.values()),
            f"{blocked} blocked, in the last 24 hours",
            link=_list_of("fraud_fraudlog"),
        ),
    ]


_DESKS: dict[str, Callable[[], list[Figure]]] = {
    "Operations": _operations,
    "Finance": _finance,
    "Trust & Safety": _trust,
}


def _warn_if(count: int) -> str:
    return "warning" if count else "calm"


def _list_of(model: str) -> str:
    """Return the address of a model's list, or nothing where the model has no list."""
    try:
        return reverse(f"admin:{model}_changelist")
    except NoReverseMatch:
        return ""
