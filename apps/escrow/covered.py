"""What a freeze covers and which limits hold: reads of rows that stay private."""

from datetime import datetime

from django.db.models import Count, F, Q, Sum

from apps.common.clock import business_now
from apps.common.money import Money
from apps.escrow.freezing import Covered, CoveredHold, FreezeScope, FreezeTarget
from apps.escrow.models import FreezeLimit, Hold
from apps.escrow.states import FUNDED, HoldState

FIRST_ROWS = 20
LEFT = F("stay_left_minor") + F("owner_fee_left_minor")


def covered_by(target: FreezeTarget, *, rows: int = FIRST_ROWS) -> Covered:
    """Count what a freeze of this target stops, changing nothing: three queries whatever there is."""
    inside = Hold.objects.filter(_within(target))
    held = inside.filter(state__in=FUNDED)
    sums = held.values("currency").annotate(count=Count("id"), left=Sum(LEFT)).order_by("currency")
    found = {row["currency"]: row for row in sums}
    first = held.order_by("release_due_at", "id")[:rows] if rows else []
    return Covered(
        count=sum(row["count"] for row in found.values()),
        sums={currency: Money(row["left"], currency) for currency, row in found.items()},
        under_way=inside.filter(state=HoldState.RELEASING).count(),
        first=tuple(CoveredHold(h.booking_id, h.stay_left + h.owner_fee_left, h.release_due_at) for h in first),
    )


def freeze_limits(at: datetime | None = None) -> dict[str, FreezeLimit]:
    """Return the row in effect, now or then, for each currency that has one."""
    rows = FreezeLimit.objects.filter(effective_at__lte=at or business_now())
    return {row.currency: row for row in rows.order_by("currency", "-effective_at", "-id").distinct("currency")}


def _within(target: FreezeTarget) -> Q:
    return {
        FreezeScope.BOOKING: Q(booking_id=target.booking_id),
        FreezeScope.SITTER: Q(payee_user=target.payee_user_id),
        FreezeScope.EVERYTHING: Q(),
    }[target.scope]
