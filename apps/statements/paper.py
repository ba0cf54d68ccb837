"""Statements and receipts as PDF and CSV: the same figures as the API's, for people and their accountants. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fpdf import FPDF

from apps.common.money import Money
from apps.common.typeface import typeface
from apps.statements.types import LineKind, Receipt, Sheet, Totals, Year

_INK, _PALE = (26, 32, 44), (226, 232, 240)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Issuer:
    """Who issues a paper: the company's legal name and address."""

    name: str
    address: str


def statement_pdf(sheet: Sheet, issuer: Issuer) -> bytes:
    """Return a statement as a PDF."""
    title = f"Statement {sheet.number}" if sheet.number else "Statement, not closed yet"
    paper = _Paper(title, issuer)
    paper.facts(
        ("For", sheet.payee),
        ("Period", f"{sheet.first:%d %b %Y} to {sheet.last:%d %b %Y} ({sheet.timezone})"),
        ("Issued", f"{sheet.issued_at:%d %b %Y}" if sheet.issued_at else "open: it may still change"),
    )
    paper.table(
        ("Date (UTC)", "Booking", "", "Stay", "Our fee", "Kept", "Paid"),
        (22, 26, 30, 28, 28, 28, 28),
        [
            (
                f"{row.happened_at:%d %b %Y}",
                row.reference,
                LineKind(row.kind).label,
                *_money(row.stay, row.fee, row.settled, row.paid),
            )
            for row in sheet.lines
        ],
        ("Total", "", f"{sheet.totals.stays} stays", *_sums(sheet.totals)),
    )
    paper.note("Kept: what settled an earlier payout that had to be taken back. Stay = our fee + kept + paid.")
    return paper.bytes()


def year_pdf(year: Year, payee: str, issuer: Issuer) -> bytes:
    """Return a calendar year's totals as a PDF."""
    paper = _Paper(f"Totals of {year.year}", issuer)
    paper.facts(("For", payee), ("Currency", year.currency), ("Months of", year.timezone))
    rows = [(name, str(month.stays), *_sums(month)) for name, month in zip(_MONTHS, year.months, strict=True)]
    quarters = [(f"Quarter {number}", str(row.stays), *_sums(row)) for number, row in enumerate(year.quarters, 1)]
    total = ("Year", str(year.total.stays), *_sums(year.total))
    paper.table(
        ("Month", "Stays", "Gross", "Our fees", "Kept", "Paid"), (32, 18, 35, 35, 35, 35), [*rows, *quarters], total
    )
    paper.note("Gross is what owners paid for the stays, before our fees: the figure that tax forms ask for.")
    return paper.bytes()


def receipt_pdf(receipt: Receipt, issuer: Issuer) -> bytes:
    """Return an owner's receipt as a PDF."""
    paper = _Paper(f"Receipt {receipt.reference}", issuer)
    paper.facts(
        ("For", receipt.owner),
        ("Stay", f"{receipt.first:%d %b %Y} to {receipt.last:%d %b %Y} with {receipt.sitter}"),
        ("As of", f"{receipt.issued_at:%d %b %Y %H:%M} UTC"),
    )
    rows = [(line.what, str(line.amount)) for line in receipt.lines]
    paper.table(("", "Amount"), (130, 60), rows, ("Paid, less what came back", str(receipt.paid - receipt.refunded)))
    return paper.bytes()


def statement_csv(sheet: Sheet) -> str:
    """Return a statement's lines as CSV, amounts in major units with a point."""
    header = ("date", "booking", "kind", "currency", "stay", "fee", "kept", "paid")
    return _csv(
        header,
        (
            (
                row.happened_at.isoformat(),
                row.reference,
                row.kind,
                sheet.currency,
                *plain(row.stay, row.fee, row.settled, row.paid),
            )
            for row in sheet.lines
        ),
    )


def year_csv(year: Year) -> str:
    """Return a year's months as CSV."""
    header = ("year", "month", "currency", "stays", "gross", "fees", "kept", "paid")
    return _csv(
        header,
        (
            (year.year, number, year.currency, row.stays, *plain(row.gross, row.fees, row.settled, row.paid))
            for number, row in enumerate(year.months, 1)
        ),
    )


class _Paper:
    """One A4 document in the house's style."""

    def __init__(self, title: str, issuer: Issuer) -> None:
        pdf = FPDF(format="A4")
        pdf.set_lang("en")
        pdf.set_title(title)
        pdf.set_author(issuer.name)
        for style, name in (("", "Inter-Regular"), ("B", "Inter-SemiBold")):
            pdf.add_font("Inter", style, typeface(name))  # a PDF's built-in ones have Latin letters alone
        pdf.set_text_color(*_INK)
        pdf.set_draw_color(*_PALE)
        pdf.add_page()
        self._pdf = pdf
        self._line(issuer.name, size=9, bold=True)
        if issuer.address:
            self._line(issuer.address, size=9)
        pdf.ln(6)
        self._line(title, size=18, bold=True, height=10)
        pdf.ln(2)

    def facts(self, *rows: tuple[str, str]) -> None:
        """Print a label and a value a line."""
        for label, value in rows:
            self._pdf.set_font("Inter", "B", 9)
            self._pdf.cell(24, 6, label)
            self._pdf.set_font("Inter", "", 9)
            self._pdf.multi_cell(0, 6, value, new_x="LMARGIN", new_y="NEXT")
        self._pdf.ln(4)

    def table(
        self, head: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[str]], foot: Sequence[str]
    ) -> None:
        """Print a table whose head is repeated on each page; figures stand at the right."""
        texts = sum(1 for name in head if name in {"", "Date (UTC)", "Booking", "Month"})
        align = ("LEFT",) * texts + ("RIGHT",) * (len(head) - texts)
        self._pdf.set_font("Inter", "", 8)
        with self._pdf.table(
            col_widths=tuple(widths), text_align=align, line_height=6, borders_layout="HORIZONTAL_LINES"
        ) as table:
            for row in [head, *rows]:
                table.row(row)
            self._pdf.set_font("Inter", "B", 8)
            table.row(foot)

    def note(self, text: str) -> None:
        """Print a line of small print."""
        self._pdf.ln(4)
        self._line(text, size=8)

    def bytes(self) -> bytes:
        """Return the document."""
        return bytes(self._pdf.output())

    def _line(self, text: str, *, size: int, bold: bool = False, height: int = 5) -> None:
        self._pdf.set_font("Inter", "B" if bold else "", size)
        self._pdf.multi_cell(0, height, text, new_x="LMARGIN", new_y="NEXT")


def _sums(totals: Totals) -> tuple[str, ...]:
    return _money(totals.gross, totals.fees, totals.settled, totals.paid)


def _money(*amounts: Money) -> tuple[str, ...]:
    return tuple(str(amount) for amount in amounts)


def plain(*amounts: Money) -> tuple[str, ...]:
    """Return amounts in major units with a point, as spreadsheets read them."""
    return tuple(str(Decimal(amount.amount_minor).scaleb(-amount.minor_digits)) for amount in amounts)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
