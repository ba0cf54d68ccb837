"""What a measurement says, and the table of all of them."""

from collections.abc import Iterable
from dataclasses import dataclass

BEGIN = "<!-- bench: begin -->"
END = "<!-- bench: end -->"
HEADER = ("figure", "measured", "against, in the same run", "ratio", "target", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: a figure, what it is held against, and whether it meets its target.

    `ratio` is the figure over its peer, above one when the figure is the better one, unless the
    target says otherwise; None when the peer could not be measured, which is never a pass.
    """

    name: str
    measured: str
    against: str
    ratio: float | None
    target: str
    passed: bool

    def cells(self) -> tuple[str, ...]:
        """Return the row's texts."""
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        return (self.name, self.measured, self.against, ratio, self.target, "pass" if self.passed else "MISSED")


def unmeasured(name: str, target: str, reason: str) -> Figure:
    """Return the row of a figure that could not be taken: named, and not passed."""
    return Figure(name, "-", reason.splitlines()[-1] if reason else "-", None, target, passed=False)


def table(figures: Iterable[Figure]) -> str:
    """Return the rows as a Markdown table whose columns line up in a terminal."""
    rows = [HEADER, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _line(row: Iterable[str], widths: list[int]) -> str:
    cells = (text.replace("|", "/").ljust(width) for text, width in zip(row, widths, strict=True))
    return "| " + " | ".join(cells) + " |"


def with_table(text: str, body: str) -> str:
    """Return the text with what stands between the two markers replaced.

    Raises: ValueError when the markers are not there, once each and in order.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"README.md needs {BEGIN} and, after it, {END}, once each")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{body}\n{END}{rest.partition(END)[2]}"
