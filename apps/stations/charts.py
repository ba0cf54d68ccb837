"""Charts as SVG text, drawn by the server: no script, a name for screen readers, lines that differ without colour.

Pure. What is passed in is escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 880, 240, 44, 24, 12
DASHES = ("", "8 4", "2 4", "10 3 2 3", "4 2", "1 3")
INKS = ("--brand", "--violet", "--warn", "--info", "--bad", "--good")


@dataclass(frozen=True)
class Line:
    """One line: its name, and a value from 0 to 100 for each hour or None for a gap."""

    name: str
    values: Sequence[float | None]


def line_chart(title: str, hours: Sequence[datetime], lines: Sequence[Line]) -> SafeString:
    """Return per cent over hours; a gap in the values is a gap in the line."""
    parts = [*_grid(hours, [(pct, f"{pct}%") for pct in (0, 25, 50, 75, 100)], 100)]
    for index, line in enumerate(lines):
        ink, dash = INKS[index % len(INKS)], DASHES[index % len(DASHES)]
        for run in _runs(line.values):
            points = " ".join(f"{_x(n, len(hours)):.1f},{_y(value, 100):.1f}" for n, value in run)
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="var({ink})" stroke-width="2" '
                f'stroke-linecap="round" stroke-dasharray="{dash}"><title>{escape(line.name)}</title></polyline>'
            )
    return _svg(title, parts)


def bar_chart(title: str, hours: Sequence[datetime], counts: Sequence[int]) -> SafeString:
    """Return a bar for each hour."""
    most = max([*counts, 1])
    parts = [*_grid(hours, [(0, "0"), (most, str(most))], most)]
    wide = (WIDTH - LEFT) / max(1, len(hours))
    for n, count in enumerate(counts):
        if count:
            top = _y(count, most)
            parts.append(
                f'<rect x="{_x(n, len(hours)):.1f}" y="{top:.1f}" width="{max(1.0, wide - 1):.1f}" '
                f'height="{HEIGHT - BOTTOM - top:.1f}" fill="var(--brand)">'
                f"<title>{hours[n]:%d %b %H:%M}: {count}</title></rect>"
            )
    return _svg(title, parts)


def legend(lines: Sequence[Line]) -> SafeString:
    """Return what each line stands for, drawn as the chart draws it."""
    items = [
        f'<li><svg width="36" height="10" aria-hidden="true"><line x1="0" x2="36" y1="5" y2="5" stroke-width="2" '
        f'stroke="var({INKS[n % len(INKS)]})" stroke-dasharray="{DASHES[n % len(DASHES)]}"/></svg> '
        f"{escape(line.name)}</li>"
        for n, line in enumerate(lines)
    ]
    return mark_safe(f'<ul class="pw-legend">{"".join(items)}</ul>')  # noqa: S308 - names are escaped above


def _grid(hours: Sequence[datetime], marks: Sequence[tuple[int, str]], most: float) -> list[str]:
    parts = []
    for value, name in marks:
        y = _y(value, most)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" {_TEXT}>{escape(name)}</text>')
    for n, hour in enumerate(hours):
        if hour.hour == 0:
            x = _x(n, len(hours))
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="var(--line)"/>')
            parts.append(f'<text x="{x + 3:.1f}" y="{HEIGHT - 8}" {_TEXT}>{hour:%a %d %b}</text>')
    return parts


_TEXT = 'fill="var(--soft)" font-size="11"'


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for n, value in enumerate(values):
        if value is not None:
            runs[-1].append((n, value))
        elif runs[-1]:
            runs.append([])
    return [run if len(run) > 1 else run * 2 for run in runs if run]


def _x(n: int, count: int) -> float:
    return LEFT + n * (WIDTH - LEFT) / max(1, count)


def _y(value: float, most: float) -> float:
    return TOP + (1 - value / most) * (HEIGHT - BOTTOM - TOP)


def _svg(title: str, parts: Sequence[str]) -> SafeString:
    name = escape(title)
    return mark_safe(  # noqa: S308 - texts are escaped where they are put in, the rest are numbers
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}" class="pw-chart">'
        f"<title>{name}</title>{''.join(parts)}</svg>"
    )
