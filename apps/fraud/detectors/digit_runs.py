"""Find runs of digits, however they are written, with what lies between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from apps.fraud.detectors import numerals
from apps.fraud.detectors.quantities import BREAK, blank

TOKEN = re.compile(r"[^\W_]+(?:[|!$]+[^\W_]+)*")
_FILLER = frozenset(
    [
        "and",
        "then",
        "dash",
        "hyphen",
        "dot",
        "point",
        "space",
        "comma",
        "slash",
        "minus",
        "plus",
        "star",
        "hash",
        "um",
        "uh",
        "er",
        "followed",
        "by",
        "next",
        "first",
        "second",
        "third",
        "last",
        "part",
        "digits",
        "are",
        "is",
        "the",
        "rest",
        "its",
        "it",
        "ok",
        "okay",
        "area",
        "code",
        "with",
        "y",
        "et",
        "und",
    ]
)
WINDOW_FILLER = _FILLER | frozenset(
    ["starts", "start", "begins", "ends", "end", "finally", "now", "here", "number", "that", "was", "so"]
)
_MAX_GAP = 6
_MAX_GROUPS = 80


@dataclass(frozen=True, slots=True)
class Group:
    """Digits in one piece: 415, "five", "double four". `written` is figures, words or alike."""

    digits: str
    start: int
    end: int
    written: str


@dataclass(frozen=True, slots=True)
class Run:
    """Groups that follow each other with nothing but signs and fillers between."""

    groups: tuple[Group, ...]

    @property
    def digits(self) -> str:
        """All digits in order."""
        return "".join(group.digits for group in self.groups)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many digits each group has."""
        return tuple(len(group.digits) for group in self.groups)

    @property
    def disguised(self) -> bool:
        """Whether any group is written in something else than figures."""
        return any(group.written != "figures" for group in self.groups)


def find_runs(text: str, *, window: bool = False) -> Iterator[Run]:
    """Yield every run of two digits or more. A window of several messages bears more words in between."""
    blanked = blank(text)
    filler = WINDOW_FILLER if window else _FILLER
    groups: list[Group] = []
    begin = 0
    for group, gap_from in _groups(blanked):
        if groups and (not _joins(blanked[begin:gap_from], filler) or len(groups) >= _MAX_GROUPS):
            yield from _settle(groups)
            groups = []
        groups.append(group)
        begin = group.end
    yield from _settle(groups)


def _groups(text: str) -> Iterator[tuple[Group, int]]:
    """Yield each piece of digits, and where the gap before it ends."""
    tokens = [(match.group(), match.start(), match.end()) for match in TOKEN.finditer(text)]
    index = 0
    while index < len(tokens):
        group, used = _read_group(tokens, index)
        if group is not None:
            yield group, group.start
        index += used


def _read_group(tokens: list[tuple[str, int, int]], index: int) -> tuple[Group | None, int]:
    word, start, end = tokens[index]
    following = tokens[index + 1] if index + 1 < len(tokens) else ("", end, end)
    if word in numerals.REPEATS:
        digits = numerals.read_figures(following[0])
        if digits is not None and len(digits) == 1:
            return Group(digits * numerals.REPEATS[word], start, following[2], "words"), 2
        return None, 1
    if word in numerals.TENS:
        unit = numerals.read_figures(following[0])
        if unit is not None and len(unit) == 1 and unit != "0" and not following[0].isdigit():
            return Group(numerals.TENS[word] + unit, start, following[2], "words"), 2
        return Group(numerals.TENS[word] + "0", start, end, "words"), 1
    digits = numerals.read_figures(word)
    if digits is None:
        return _read_unsure(word, start, end), 1
    if following[0] in numerals.TAILS and len(digits) <= 2:
        return Group(digits + numerals.TAILS[following[0]], start, following[2], "words"), 2
    return Group(digits, start, end, "figures" if word.isdigit() else "words" if word.isalpha() else "alike"), 1


def _read_unsure(word: str, start: int, end: int) -> Group | None:
    if word in numerals.HOMOPHONES:
        return Group(numerals.HOMOPHONES[word], start, end, "homophone")
    digits = numerals.read_letters_as_digits(word)
    return None if digits is None else Group(digits, start, end, "letters")


def _joins(gap: str, filler: frozenset[str]) -> bool:
    if BREAK in gap or "$" in gap or "£" in gap or "€" in gap:
        return False
    words = TOKEN.findall(gap)
    signs = len(gap) - sum(map(len, words)) - len(words)
    return len(words) <= _MAX_GAP and signs <= _MAX_GAP + len(words) and all(word in filler for word in words)


def _settle(groups: list[Group]) -> Iterator[Run]:
    """Drop what only pretends to be digits where its neighbours do not bear it out, and yield what is left."""
    kept: list[Group] = []
    for position, group in enumerate(groups):
        if group.written in ("homophone", "letters") and not _borne_out(groups, position):
            if kept:
                yield Run(tuple(kept))
            kept = []
            continue
        kept.append(replace(group, written="alike") if group.written in ("homophone", "letters") else group)
    if kept:
        yield Run(tuple(kept))


def _borne_out(groups: list[Group], position: int) -> bool:
    """A homophone needs spelled-out digits, an imitation figures, on both sides (or one at the edge)."""
    wanted = "words" if groups[position].written == "homophone" else ("figures", "alike")
    around = [groups[i] for i in (position - 2, position - 1, position + 1, position + 2) if 0 <= i < len(groups)]
    sure = [group for group in around if group.written in wanted]
    return len(sure) >= 2
