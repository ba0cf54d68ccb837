"""Stage 1: read a message as a person would see it, and remember where each sign came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.fraud.confusables import fold_character


@dataclass(frozen=True, slots=True)
class View:
    """A rewritten message: `text[i]` stands for `original[starts[i]:ends[i]]`."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original offsets of `text[start:end]`, which must not be empty."""
        return self.starts[start], self.ends[end - 1]

    def pick(self, indexes: Iterable[int], text: str | None = None) -> "View":
        """Return a view of some of the signs, rewritten to `text` (of the same length) when given."""
        kept = list(indexes)
        return View(
            "".join(self.text[i] for i in kept) if text is None else text,
            [self.starts[i] for i in kept],
            [self.ends[i] for i in kept],
        )


def fold(original: str) -> View:
    """Strip what is not drawn, undo look-alikes, and lower the case. Never raises; folding twice changes nothing."""
    if original.isascii() and original.isprintable():
        return View(original.lower(), range(len(original)), range(1, len(original) + 1))
    signs: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for offset, sign in enumerate(original):
        plain = fold_character(sign)
        if not plain and ends and ends[-1] == offset:
            ends[-1] = offset + 1  # an undrawn mark belongs to the sign before it
        for part in plain:
            signs.append(part)
            starts.append(offset)
            ends.append(offset + 1)
    return View("".join(signs), starts, ends)


def join(views: Sequence[View]) -> tuple[View, int]:
    """Return the views in one, a line each, and where the last begins; offsets of the others are not usable."""
    text = "\n".join(view.text for view in views)
    begin = len(text) - len(views[-1].text)
    last = views[-1]
    return View(text, [-1] * begin + list(last.starts), [-1] * begin + list(last.ends)), begin
