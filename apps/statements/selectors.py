"""Reads of statements: a sitter sees the own ones, an owner the receipts of the own stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.bookings import selectors as bookings
from apps.bookings.models import Booking
from apps.commission.periods import Period, period_of, year_of
from apps.commission.types import Cadence
from apps.common.clock import business_now
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.escrow import selectors as escrow
from apps.escrow.types import EarningView, HoldView
from apps.sitters import selectors as sitters
from apps.statements.models import Statement, StatementLine
from apps.statements.paper import Issuer
from apps.statements.types import Line, Receipt, ReceiptLine, Sheet, Totals, Year

FIRST_YEAR = 2026
# Places of a booking's money that are the owner's again.
_BACK = frozenset({"refunded_to_owner", "returned_by_bank"})


def issuer() -> Issuer:
    """Return who we are on paper."""
    return Issuer(settings.COMPANY_NAME, settings.COMPANY_ADDRESS)


def zone_of(user: User) -> ZoneInfo:
    """Return the zone whose calendar a sitter's periods follow: that of the own place."""
    return ZoneInfo(sitters.timezone_of(user) or "UTC")


def statements_of(actor: User) -> QuerySet[Statement]:
    """Return the closed statements of the actor."""
    return Statement.objects.filter(user=actor)


def access_statement(actor: User, statement_id: str) -> Sheet:
    """Return a closed statement of the actor's own, with its lines.

    Raises: NotFound, also for one of somebody else.
    """
    known = [key for key in [parse_public_id(statement_id)] if key]
    row = statements_of(actor).select_related("user").filter(public_id__in=known).first()
    if row is None:
        raise NotFound
    return sheet_of(row)


def sheet_of(row: Statement) -> Sheet:
    """Return a closed statement as it is shown."""
    lines = tuple(_line_of(line, row.currency) for line in row.lines.order_by("happened_at", "id"))
    return Sheet(
        number=row.number,
        payee=row.user.full_name,
        currency=row.currency,
        first=row.first,
        last=row.last,
        timezone=row.timezone,
        issued_at=row.issued_at,
        totals=Totals.of(lines, row.currency),
        lines=lines,
    )


def open_sheets(actor: User) -> list[Sheet]:
    """Return what has come in since the actor's last closed period, a sheet a currency; it may still grow."""
    zone, now = zone_of(actor), business_now()
    found = lines_of(actor, open_since(actor, zone, now), now)
    return [
        _open_sheet(actor, currency, period_of(now, Cadence.MONTHLY, zone), zone, rows)
        for currency, rows in found.items()
    ]


def open_since(user: User, zone: ZoneInfo, now: datetime) -> datetime:
    """Return where the period that is not closed yet begins: where the last statement ended."""
    last = Statement.objects.filter(user=user).order_by("-end_at").values_list("end_at", flat=True).first()
    return last or period_of(now - timedelta(days=370), Cadence.MONTHLY, zone).start


def lines_of(user: User, since: datetime, until: datetime) -> dict[str, list[Line]]:
    """Return what moved a sitter's earnings in [since, until), by currency, oldest first; two queries."""
    rows = list(escrow.earnings(since, until, payee_user_id=user.pk))
    references = bookings.references_of({row.booking_id for row in rows})
    found: dict[str, list[Line]] = {}
    for row in rows:
        found.setdefault(row.paid.currency, []).append(_line_from(row, references.get(row.booking_id, "")))
    return found


def year_named(text: str) -> int:
    """Read a year as it stands in a path. Raises: InvalidInput for anything that is no year of four digits."""
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise InvalidInput.field("year", "must be a year of four digits, such as 2026.")
    return int(text)


def year_totals(user: User, year: int) -> list[Year]:
    """Return a sitter's calendar year by month, one value a currency; of the running year, what there is so far.

    Raises: InvalidInput for a year before the company or after this one.
    """
    zone = zone_of(user)
    if not FIRST_YEAR <= year <= business_now().astimezone(zone).year:
        raise InvalidInput.field("year", f"must be between {FIRST_YEAR} and this year.")
    period = year_of(year, zone)
    return list(_years(lines_of(user, period.start, period.end), year, zone))


def every_payees_year(year: int) -> Iterator[tuple[User, Year]]:
    """Return the year of everybody whom we paid, payee by payee; memory holds one payee at a time."""
    margin = timedelta(days=1)  # the zones of the world
    since, until = datetime(year, 1, 1, tzinfo=UTC) - margin, datetime(year + 1, 1, 1, tzinfo=UTC) + margin
    for payee_id, rows in groupby(escrow.earnings(since, until), key=lambda row: row.payee_user_id):
        user = User.objects.get(pk=payee_id)
        zone = zone_of(user)
        period = year_of(year, zone)
        by_currency: dict[str, list[Line]] = {}
        for row in rows:
            if period.start <= row.happened_at < period.end:
                by_currency.setdefault(row.paid.currency, []).append(_line_from(row, ""))
        yield from ((user, found) for found in _years(by_currency, year, zone))


def receipt_of(actor: User, booking_id: str) -> Receipt:
    """Return an owner's receipt of a stay, as of now.

    Raises: NotFound for strangers; Forbidden `only_the_owner` for its sitter; Conflict `not_paid`.
    """
    booking = bookings.access_as_owner(actor, booking_id)
    key = str(booking.public_id)
    money = escrow.money_of(key)
    if not money.paid_in:
        raise Conflict("not_paid", "Nothing was paid for this booking, so there is no receipt.")
    back = [ReceiptLine(place.why, -place.amount) for place in money.places if place.place in _BACK]
    return Receipt(
        reference=booking.reference,
        owner=booking.owner.full_name,
        sitter=booking.sitter.display_name,
        first=booking.start_date,
        last=booking.end_date,
        lines=(*_price_lines(booking, escrow.hold_of(key), money.paid_in), *back),
        paid=money.paid_in,
        refunded=-sum((line.amount for line in back), start=Money.zero(money.paid_in.currency)),
        issued_at=business_now(),
    )


def _price_lines(booking: Booking, hold: HoldView, paid: Money) -> Iterator[ReceiptLine]:
    """One line a night, as quoted; what was added later, or paid without need, is a line of its own."""
    quoted = Money.zero(paid.currency)
    for line in booking.quote.lines:
        amount = Money(line["amount_minor"], paid.currency)
        quoted += amount
        yield ReceiptLine(f"{line['date']}", amount)
    if hold.stay != quoted:
        yield ReceiptLine("Later changes", hold.stay - quoted)
    yield ReceiptLine("Service fee", hold.owner_fee)
    if paid != hold.total:
        yield ReceiptLine("Paid without need", paid - hold.total)


def _open_sheet(user: User, currency: str, period: Period, zone: ZoneInfo, rows: list[Line]) -> Sheet:
    return Sheet(
        number="",
        payee=user.full_name,
        currency=currency,
        first=min(period.first, rows[0].happened_at.astimezone(zone).date()),
        last=period.last,
        timezone=zone.key,
        issued_at=None,
        totals=Totals.of(rows, currency),
        lines=tuple(rows),
    )


def _years(found: dict[str, list[Line]], year: int, zone: ZoneInfo) -> Iterator[Year]:
    for currency, rows in sorted(found.items()):
        months = tuple(
            Totals.of((row for row in rows if row.happened_at.astimezone(zone).month == month), currency)
            for month in range(1, 13)
        )
        yield Year(year=year, currency=currency, timezone=zone.key, months=months)


def _line_from(row: EarningView, reference: str) -> Line:
    return Line(
        source=row.id,
        kind=row.kind,
        happened_at=row.happened_at,
        booking_id=row.booking_id,
        reference=reference,
        stay=row.stay,
        fee=row.sitter_fee,
        settled=row.offset,
        paid=row.paid,
    )


def _line_of(row: StatementLine, currency: str) -> Line:
    return Line(
        source=row.source,
        kind=row.kind,
        happened_at=row.happened_at,
        booking_id=row.booking_id,
        reference=row.reference,
        stay=Money(row.gross_minor, currency),
        fee=Money(row.fees_minor, currency),
        settled=Money(row.settled_minor, currency),
        paid=Money(row.paid_minor, currency),
    )
