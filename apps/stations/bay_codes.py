"""The code that is printed at a bay: its address, its picture (SVG) and the sheet for the printer (PDF). Pure."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import qrcode
from fpdf import FPDF
from fpdf.enums import WrapMode
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.image.svg import SvgPathImage

from apps.common.typeface import typeface

_INK = (26, 32, 44)
_QUIET = 4  # modules of white around the code, as the standard wants (ISO/IEC 18004)
_CODE_MM = 120.0


@dataclass(frozen=True)
class BayCode:
    """One bay's code: what stands around it, and the address that it holds."""

    station: str
    place: str
    bay: int
    url: str

    @property
    def name(self) -> str:
        """What a person calls the bay."""
        return f"{self.station}, bay {self.bay}"


def short_id(bay_id: str) -> str:
    """Return a bay's id in 22 characters that need no escape in an address."""
    return base64.urlsafe_b64encode(UUID(bay_id).bytes).decode().rstrip("=")


def long_id(short: str) -> str | None:
    """Return the bay's id of a short one; None for a text that is none."""
    try:
        found = str(UUID(bytes=base64.b64decode(short + "==", altchars=b"-_", validate=True)))
    except ValueError:
        return None
    return found if short_id(found) == short else None


def bay_path(bay_id: str, token: str) -> str:
    """Return the path of a bay's page with its printed token.

    The token stands in the query: paths are logged, queries are not.
    """
    return f"/w/{short_id(bay_id)}?k={quote(token)}"


def code_svg(code: BayCode) -> str:
    """Return the code as an SVG picture, for signs that are made elsewhere."""
    out = io.BytesIO()
    _qr(code.url).make_image(image_factory=SvgPathImage).save(out)
    return out.getvalue().decode()


def codes_pdf(codes: Sequence[BayCode], issuer: str) -> bytes:
    """Return one A4 page a bay: the station's name, the bay's number, the code and its address in letters."""
    pdf = FPDF(format="A4")
    pdf.set_lang("en")
    pdf.set_title("Bay codes")
    pdf.set_author(issuer)
    pdf.set_auto_page_break(False)
    for style, name in (("", "Inter-Regular"), ("B", "Inter-SemiBold")):
        pdf.add_font("Inter", style, typeface(name))
    for code in codes:
        _page(pdf, code, issuer)
    return bytes(pdf.output())


def _page(pdf: FPDF, code: BayCode, issuer: str) -> None:
    pdf.add_page()
    pdf.set_text_color(*_INK)
    pdf.set_y(24)
    _line(pdf, issuer, size=14)
    _line(pdf, code.station, size=28, bold=True)
    if code.place:
        _line(pdf, code.place, size=12)
    _line(pdf, f"Bay {code.bay}", size=44, bold=True)
    _line(pdf, "Scan, choose, pay: the water starts.", size=16)
    top = pdf.get_y() + 2
    _draw(pdf, code.url, left=(pdf.w - _CODE_MM) / 2, top=top)
    pdf.set_y(top + _CODE_MM + 2)
    _line(pdf, "No camera? Type this address:", size=11)
    pdf.set_font("Inter", "", 9)
    pdf.multi_cell(0, 5, code.url, align="C", wrapmode=WrapMode.CHAR, new_x="LMARGIN", new_y="NEXT")
    pdf.set_y(-20)
    _line(pdf, "Trouble at the bay? Press the red button: the water stops, unused seconds are refunded.", size=10)


def _line(pdf: FPDF, text: str, *, size: int, bold: bool = False) -> None:
    pdf.set_font("Inter", "B" if bold else "", size)
    pdf.multi_cell(0, size * 0.5, text, align="C", new_x="LMARGIN", new_y="NEXT")


def _draw(pdf: FPDF, url: str, *, left: float, top: float) -> None:
    """Draw the modules as vectors, runs of a row as one, so that no printer blurs them."""
    rows = _qr(url).get_matrix()
    size = _CODE_MM / len(rows)
    pdf.set_fill_color(0, 0, 0)
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                pdf.rect(left + start * size, top + y * size, (x - start) * size, size, style="F")
            x += 1


def _qr(url: str) -> "qrcode.QRCode[Any]":
    """A quarter of the picture may be dirty or scratched: it hangs beside wet dogs."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=_QUIET, box_size=10)
    code.add_data(url)
    code.make(fit=True)
    return code
