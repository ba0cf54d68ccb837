"""What monitoring watches of payouts: each figure is one bounded query when asked."""

from collections.abc import Iterable

from django.db.models import Count, Min

from apps.common.clock import business_now
from apps.common.metrics import Reading, register_gauge
from apps.escrow.models import Hold, PayoutRun
from apps.escrow.states import HoldState


def register_figures() -> None:
    """Register them; again replaces them."""
    register_gauge("petwash_payouts_due", "Payouts that are due and blocked by nothing", _due)
    register_gauge("petwash_payouts_blocked", "Payouts that fell due and are frozen, disputed or paused", _blocked)
    register_gauge("petwash_payouts_oldest_due_seconds", "How long the oldest payable one is overdue", _oldest)
    register_gauge("petwash_payout_run", "The last payout run that ended: what it did, and its age in seconds", _run)


def _due() -> Iterable[Reading]:
    return [({}, float(Hold.objects.payable(business_now()).order_by().aggregate(count=Count("id"))["count"]))]


def _blocked() -> Iterable[Reading]:
    fallen_due = Hold.objects.filter(state=HoldState.RELEASE_DUE, release_due_at__lte=business_now())
    return [({}, float(fallen_due.blocked().count()))]


def _oldest() -> Iterable[Reading]:
    now = business_now()
    oldest = Hold.objects.payable(now).order_by().aggregate(oldest=Min("release_due_at"))["oldest"]
    return [({}, (now - oldest).total_seconds() if oldest else 0.0)]


def _run() -> Iterable[Reading]:
    last = PayoutRun.objects.filter(finished_at__isnull=False).order_by("-started_at").first()
    if last is None:
        return []
    facts = {
        "age_seconds": (business_now() - last.started_at).total_seconds(),
        "claimed": float(last.claimed),
        "started": float(last.started),
        "postponed": float(sum(last.postponed.values())),
        "stopped": float(bool(last.stopped_by)),
    }
    return [({"fact": name}, value) for name, value in facts.items()]
