"""People choose their names: whatever they choose, their papers are papers, and say what they say."""

from datetime import UTC, date, datetime

import pytest

from apps.common.money import Money
from apps.statements import paper
from apps.statements.paper import Issuer
from apps.statements.types import Receipt, ReceiptLine, Sheet, Totals

ISSUER = Issuer("PetWash", "")
DAY, NOW = date(2026, 3, 1), datetime(2026, 3, 2, tzinfo=UTC)
NAMES = {
    "right to left": "\u0645\u062d\u0645\u062f \u202e\u05d3\u05d5\u05d3",
    "emoji and joiners": "\U0001f469\u200d\U0001f4bb\U0001f3fd Zo\u00eb",
    "another plane": "\U00020000\U000e0041",
    "combining marks": "Z" + "\u0301\u0489" * 60,
    "no break": "W" * 255,
    "lines and controls": "a\r\nb\tc\x0b\x1b\x7f",
    "the syntax of a PDF": r") Tj ET (\051 endstream endobj %%EOF <</JS (app.alert(1))>>",
    "the placeholder of pages": "{nb} **bold** __line__",
    "nothing": "",
}


def receipt(name: str) -> Receipt:
    """Return a receipt on which both people bear the name."""
    usd = Money(2_000, "USD")
    return Receipt("PW-1", name, name, DAY, DAY, (ReceiptLine(name, usd),), usd, Money.zero("USD"), NOW)


def sheet(name: str) -> Sheet:
    """Return a statement for somebody of the name."""
    return Sheet("2026-03-1", name, "USD", DAY, DAY, "UTC", NOW, Totals.of((), "USD"), ())


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_paper_for_any_name_is_a_paper(name: str) -> None:
    for made in (paper.receipt_pdf(receipt(name), ISSUER), paper.statement_pdf(sheet(name), ISSUER)):
        assert made.startswith(b"%PDF-")
        assert made.rstrip().endswith(b"%%EOF")
        assert made.count(b"%%EOF") == 1
        assert b"/JS" not in made
