"""Closing periods: each sitter's month becomes a statement, once."""

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.commission.periods import Period, period_of
from apps.commission.types import Cadence
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.escrow import selectors as escrow
from apps.statements import selectors
from apps.statements.models import Statement, StatementLine
from apps.statements.types import Line, Totals

logger = logging.getLogger(__name__)

# A payout whose instant lies in a month may be committed a moment after its end.
SETTLING = timedelta(hours=1)
LOOK_BACK = timedelta(days=70)


def close_periods(since: datetime | None = None) -> int:
    """Issue the statements of months that are over; return how many.

    Finds its own due work among the payees of the last two months (or since an instant), so a run that did not
    happen is made up for. Safe to repeat and to run in parallel; one payee's trouble stops nobody else.
    """
    now = business_now()
    issued = 0
    for user_id in escrow.payees_since(since or now - LOOK_BACK):
        try:
            issued += _close(User.objects.get(pk=user_id), now, since)
        except Exception:
            logger.exception("statement not issued", extra={"payee": user_id})
    return issued


def _close(user: User, now: datetime, since: datetime | None) -> int:
    """Issue all statements of a payee that are due: each begins where the one before ended."""
    zone, issued = selectors.zone_of(user), 0
    start = selectors.open_since(user, zone, since or now)
    while (period := period_of(start, Cadence.MONTHLY, zone)).end + SETTLING <= now:
        issued += _issue(user, start, period, zone.key)
        start = period.end
    return issued


def _issue(user: User, start: datetime, period: Period, zone: str) -> int:
    found = selectors.lines_of(user, start, period.end)
    try:
        with transaction.atomic(durable=True):
            for currency, lines in found.items():
                _write(user, start, period, zone, currency, lines)
    except IntegrityError:  # another run was first: the lines are on its statements
        if not Statement.objects.filter(user=user, start_at=start).exists():
            raise
        return 0
    return len(found)


def _write(user: User, start: datetime, period: Period, zone: str, currency: str, lines: list[Line]) -> None:
    require_transaction()
    totals = Totals.of(lines, currency)
    statement = Statement.objects.create(
        user=user,
        currency=currency,
        first=period.first,
        last=period.last,
        timezone=zone,
        start_at=start,
        end_at=period.end,
        stays=totals.stays,
        gross_minor=totals.gross.amount_minor,
        fees_minor=totals.fees.amount_minor,
        settled_minor=totals.settled.amount_minor,
        paid_minor=totals.paid.amount_minor,
    )
    StatementLine.objects.bulk_create(
        StatementLine(
            statement=statement,
            source=line.source,
            kind=line.kind,
            happened_at=line.happened_at,
            booking_id=line.booking_id,
            reference=line.reference,
            gross_minor=line.stay.amount_minor,
            fees_minor=line.fee.amount_minor,
            settled_minor=line.settled.amount_minor,
            paid_minor=line.paid.amount_minor,
        )
        for line in lines
    )
