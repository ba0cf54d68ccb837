"""What Finance sees before money leaves: what is due, what is blocked and why, and whether the cash is there."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from apps.common.clock import business_now
from apps.common.errors import Unavailable
from apps.common.money import Money
from apps.common.names import names_of
from apps.escrow.covered import LEFT
from apps.escrow.models import Freeze, Hold, PayeeStanding, PayoutRun
from apps.escrow.states import FUNDED, HoldState
from apps.payments import services as payments

WINDOWS = (
    ("Now", timedelta(0)),
    ("Within 24 hours", timedelta(hours=24)),
    ("Within 7 days", timedelta(days=7)),
)
ROWS = 50


@dataclass(frozen=True)
class Window:
    """What falls due until an instant, what is overdue included: how many payouts, what is held for them."""

    title: str
    until: datetime
    count: int
    sums: dict[str, Money]


@dataclass(frozen=True)
class BlockedPayout:
    """One payout whose clock runs and that is not paid, and why."""

    hold_pk: int
    booking: str
    left: Money
    release_due_at: datetime | None
    why: str


@dataclass(frozen=True)
class Cover:
    """One currency: the gateway's available and pending against what we hold and what falls due in a week."""

    currency: str
    cash: Money
    held: Money
    due: Money

    @property
    def covers_due(self) -> bool:
        """Tell whether the payouts of a week can leave."""
        return self.due <= self.cash

    @property
    def covers_held(self) -> bool:
        """Tell whether all that is not ours is there."""
        return self.held <= self.cash


@dataclass(frozen=True)
class Preview:
    """The page's figures; `cover` is None while the gateway does not answer."""

    windows: list[Window]
    blocked: list[BlockedPayout]
    blocked_count: int
    reasons: list[tuple[str, int]]
    cover: list[Cover] | None
    last_run: PayoutRun | None


def release_preview() -> Preview:
    """Return what the next runs will do; asks the gateway once, outside any transaction.

    The number of queries is the same whatever there is.
    """
    now = business_now()
    windows = [_window(title, now + ahead) for title, ahead in WINDOWS]
    rows, count, reasons = _blocked(now)
    return Preview(
        windows, rows, count, reasons, _cover(windows[-1]), PayoutRun.objects.order_by("-started_at").first()
    )


def _window(title: str, until: datetime) -> Window:
    due = Hold.objects.payable(until).order_by().values("currency").annotate(count=Count("id"), left=Sum(LEFT))
    found = {row["currency"]: row for row in due.order_by("currency")}
    sums = {currency: Money(row["left"], currency) for currency, row in found.items()}
    return Window(title, until, sum(row["count"] for row in found.values()), sums)


def _blocked(now: datetime) -> tuple[list[BlockedPayout], int, list[tuple[str, int]]]:
    """Return the longest waiting of those that are stopped or were put off, how many, and how many of each reason."""
    wide = Freeze.objects.wide(OuterRef("payee_user_id"))
    resting = PayeeStanding.objects.resting().filter(user=OuterRef("payee_user_id"))
    put_off = Q(next_attempt_at__gt=F("release_due_at")) & ~Q(last_problem="")
    stopped = Q(frozen_at__isnull=False) | Q(disputed_at__isnull=False) | Q(wide=True) | Q(resting=True) | put_off
    holds = Hold.objects.filter(state=HoldState.RELEASE_DUE).annotate(wide=Exists(wide), resting=Exists(resting))
    found = holds.filter(stopped)
    # One row a combination of reasons: a handful, however many holds there are.
    marks = {"frozen": Q(frozen_at__isnull=False), "disputed": Q(disputed_at__isnull=False)}
    groups = found.annotate(**marks).values("frozen", "disputed", "wide", "resting", "last_problem")
    reasons: Counter[str] = Counter()
    for group in groups.annotate(count=Count("id")).order_by():
        reasons[_why(group)] += group["count"]
    rows = list(found.order_by("release_due_at", "id")[:ROWS])
    names = names_of("booking", [row.booking_id for row in rows])
    shown = [
        BlockedPayout(
            hold_pk=row.pk,
            booking=names.get(row.booking_id, row.booking_id),
            left=row.stay_left + row.owner_fee_left,
            release_due_at=row.release_due_at,
            why=_why_of(row),
        )
        for row in rows
    ]
    return shown, sum(reasons.values()), reasons.most_common()


def _why_of(row: Hold) -> str:
    return _why({**vars(row), "frozen": row.frozen_at is not None, "disputed": row.disputed_at is not None})


def _why(marks: Mapping[str, object]) -> str:
    """Name the strongest reason first: what a person has to lift."""
    if marks["frozen"]:
        return "frozen"
    if marks["wide"]:
        return "frozen: sitter or everything"
    if marks["disputed"]:
        return "disputed by the cardholder"
    if marks["resting"]:
        return "payouts to this sitter rest"
    return str(marks["last_problem"])


def _cover(week: Window) -> list[Cover] | None:
    held = Hold.objects.filter(state__in=FUNDED).values("currency").annotate(left=Sum(LEFT)).order_by("currency")
    sums = {row["currency"]: Money(row["left"], row["currency"]) for row in held}
    try:
        facts = payments.balance()
    except Unavailable:
        return None
    covers = []
    for currency in sorted({*sums, *facts.available, *facts.pending}):
        zero = Money.zero(currency)
        cash = facts.available.get(currency, zero) + facts.pending.get(currency, zero)
        covers.append(Cover(currency, cash, sums.get(currency, zero), week.sums.get(currency, zero)))
    return covers
