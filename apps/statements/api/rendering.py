"""From plain values to representations."""

from typing import Any

from apps.common.money import Money
from apps.statements.models import Statement
from apps.statements.types import Line, Receipt, Sheet, Totals, Year


def render_statement(row: Statement) -> dict[str, Any]:
    """Render a closed statement without its lines."""
    totals = {
        "stays": row.stays,
        "gross_minor": row.gross_minor,
        "fees_minor": row.fees_minor,
        "kept_minor": row.settled_minor,
        "paid_minor": row.paid_minor,
    }
    names = ("number", "currency", "first", "last", "timezone", "issued_at")
    return {"id": str(row.public_id), **{name: getattr(row, name) for name in names}, "totals": totals}


def render_sheet(sheet: Sheet) -> dict[str, Any]:
    """Render a statement with its lines."""
    names = ("number", "currency", "first", "last", "timezone", "issued_at")
    return {
        **{name: getattr(sheet, name) for name in names},
        "totals": _totals(sheet.totals),
        "lines": [_line(line) for line in sheet.lines],
    }


def render_year(year: Year) -> dict[str, Any]:
    """Render a calendar year."""
    return {
        "year": year.year,
        "currency": year.currency,
        "timezone": year.timezone,
        "months": [_totals(month) for month in year.months],
        "quarters": [_totals(quarter) for quarter in year.quarters],
        "total": _totals(year.total),
    }


def render_receipt(receipt: Receipt) -> dict[str, Any]:
    """Render an owner's receipt."""
    names = ("reference", "sitter", "first", "last", "issued_at")
    return {
        **{name: getattr(receipt, name) for name in names},
        "currency": receipt.paid.currency,
        "lines": [{"what": line.what, "amount_minor": line.amount.amount_minor} for line in receipt.lines],
        "paid_minor": receipt.paid.amount_minor,
        "refunded_minor": receipt.refunded.amount_minor,
    }


def _totals(totals: Totals) -> dict[str, int]:
    return {
        "stays": totals.stays,
        **_minor(totals.gross, totals.fees, totals.settled, totals.paid, first="gross_minor", fee="fees_minor"),
    }


def _line(line: Line) -> dict[str, Any]:
    names = ("kind", "happened_at", "booking_id", "reference")
    return {**{name: getattr(line, name) for name in names}, **_minor(line.stay, line.fee, line.settled, line.paid)}


def _minor(
    gross: Money, fees: Money, settled: Money, paid: Money, *, first: str = "stay_minor", fee: str = "fee_minor"
) -> dict[str, int]:
    return {
        first: gross.amount_minor,
        fee: fees.amount_minor,
        "kept_minor": settled.amount_minor,
        "paid_minor": paid.amount_minor,
    }
