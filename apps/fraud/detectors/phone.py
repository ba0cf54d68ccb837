"""Telephone numbers: score a run of digits by its shape and by the words around it."""

import re
from collections.abc import Iterator

from apps.fraud.detectors.digit_runs import Run, find_runs
from apps.fraud.detectors.numerals import TENS, WORDS
from apps.fraud.normalise import View
from apps.fraud.states import Category
from apps.fraud.types import Finding

_MIN_DIGITS, _MAX_DIGITS = 7, 15  # ITU-T E.164 allows 15; below 7 no subscriber number exists
_CUE = re.compile(
    r"\b(?:call|called|calling|text|texting|sms|ring|dial|phone|fone|mobile|cell|cellphone|tel|telephone|whats ?app|wa|"
    r"reach|reached|contact\w*|ping|digits|hit me up|hmu|line|telegram|signal|viber|imessage|facetime|llamame|appelle|"
    r"numbers?|my (?:no|num|nr|#))\b"
)
# The number of another thing; "policy number" ends where "number" ends, so that it outweighs the cue within.
_ANTI = re.compile(
    r"\b(?:micro ?chip(?:ped)?|chip(?:ped)?|dose|dosage|vaccin\w*|rabies|tag|licen[cs]e|permit|registration|price|"
    r"total|costs?|paid|fee|address|street|st|ave|avenue|road|rd|zip|postcode|postal|order|invoice|tracking|booking|"
    r"reference|ref|confirmation|reservation|policy|insurance|account|serial|model|batch|lot|isbn|flight|"
    r"passport|case|claim|ticket|receipt|lat|latitude|longitude|coordinates|pin|lockbox|"
    r"code|wifi|password|alarm|keypad|barcode|sku|years|weights?|pedigree|akc|prescription|rx|card|member\w*)"
    r"(?: (?:id|number|numbers|no|nr|num|#))*\b"
)
_ANTI_AFTER = re.compile(
    r"^\W{0,3}(?:\(|is |was |as )?(?:the |his |her |my |your |our )?(?:micro ?chip|chip|rabies|tag|"
    r"licen[cs]e|policy|invoice|tracking|"
    r"order|reference|booking|confirmation|serial|flight|code)\b"
)
_SENTENCE_END = re.compile(r"[.!?;]\s|(?<=[a-z])[.!?;](?=\d)|\n")
_NUMBER_WORD = re.compile(
    r"\b(?:" + "|".join([*WORDS, *TENS, "double", "triple", "treble"]) + r")\b|[一二三四五六七八九〇零]"
)
_GLUED_HINT = re.compile(r"(?:zero|one|two|three|four|five|six|seven|eight|nine)(?=\w)")
_LIST_GAP = re.compile(r",\s|\band\b")
_BEFORE, _AFTER = 48, 24
_ID_PREFIX = re.compile(r"(?<![a-z])[a-z]{1,2}-$")  # C-88120934 is somebody's id
_PREFIXED = 0.4
_FURTHER = 8  # a cue behind the number says less
_SURE_SHAPE = 0.5
_NAMED_OTHERWISE, _ASKED_FOR = -0.6, 0.35


def detect(view: View, *, window: bool = False) -> Iterator[Finding]:
    """Yield the telephone numbers of a message, or of a window of messages."""
    text = view.text
    if not _worth_reading(text):
        return
    for run in find_runs(text, window=window):
        for part in _candidates(run):
            score = _score(text, part)
            if score > 0:
                start, end = part.groups[0].start, part.groups[-1].end
                rule = "contact.phone_disguised" if part.disguised else "contact.phone"
                yield Finding(Category.CONTACT, rule, _with_plus(text, start), end, score)


def _worth_reading(text: str) -> bool:
    figures = sum(sign.isdigit() for sign in text)
    if figures >= _MIN_DIGITS:
        return True
    words = len(_NUMBER_WORD.findall(text)) + len(_GLUED_HINT.findall(text))
    letters = min(sum(text.count(sign) for sign in "oils"), 2 * figures)
    return words * 2 + figures + letters >= _MIN_DIGITS


def _candidates(run: Run) -> Iterator[Run]:
    """Yield the run, or where it is too long the strongest stretches that could be a number."""
    total = len(run.digits)
    if total < _MIN_DIGITS:
        return
    parts = list(_stretches(run))
    best = max(map(_shape_score, parts), default=0.0)
    if total <= _MAX_DIGITS and _shape_score(run) >= best - 0.1:
        yield run
    else:
        yield from parts


def _stretches(run: Run) -> Iterator[Run]:
    """Yield stretches of a long run, greedily from the left, that do not overlap."""
    first, groups = 0, run.groups
    while first < len(groups):
        best: Run | None = None
        length = 0
        for last in range(first, len(groups)):
            length += len(groups[last].digits)
            if length > _MAX_DIGITS:
                break
            part = Run(groups[first : last + 1])
            if length >= _MIN_DIGITS and (best is None or _shape_score(part) >= _shape_score(best)):
                best = part
        if best is not None and _shape_score(best) >= _SURE_SHAPE:
            yield best
            first += len(best.groups)
        else:
            first += 1


def _score(text: str, run: Run) -> float:
    score = _shape_score(run)
    start, end = run.groups[0].start, run.groups[-1].end
    if _with_plus(text, start) < start and 8 <= len(run.digits) <= 15:
        score = max(score, 0.92)
    score += 0.1 if run.disguised else 0.0
    score -= _list_penalty(text, run)
    score -= _PREFIXED if _ID_PREFIX.search(text[max(0, start - 8) : start]) else 0.0
    return max(0.0, min(0.99, score + _context(text, start, end)))


def _shape_score(run: Run) -> float:
    """Score the digits and their grouping alone. Sources: NANP (area and exchange start 2-9), E.164."""
    digits, shape, length = run.digits, run.shape, len(run.digits)
    singles = max(shape) <= 2 and length >= 7
    if length == 11 and digits[0] == "1" and _is_nanp(digits[1:]):
        return 0.92
    if length == 10 and _is_nanp(digits):
        return 0.92 if shape in _NANP_SHAPES or singles or run.disguised else 0.82
    if len(set(digits)) <= 2 and length not in (7, 10):
        return 0.2
    if length in (10, 11) and digits[0] == "0":
        return 0.85
    if length == 10:
        return 0.62
    if length in (15, 16) and len(shape) == 1:
        return 0.1  # a microchip (ISO 11784) or a card
    if 11 <= length <= _MAX_DIGITS and digits[:2] == "00":
        return 0.85
    if length == 7:
        return 0.6 if shape == (3, 4) or run.disguised else 0.4
    if length in (8, 9):
        return 0.5 if len(shape) > 1 else 0.42
    return 0.5 if 11 <= length <= 13 else 0.3


_NANP_SHAPES = {
    (10,),
    (3, 3, 4),
    (3, 7),
    (6, 4),
    (3, 3, 2, 2),
    (1, 3, 3, 4),
    (5, 5),
    (3, 4, 3),
    (4, 3, 3),
    (4, 6),
    (7, 3),
}


def _is_nanp(digits: str) -> bool:
    return digits[0] in "23456789" and digits[3] in "23456789"


def _list_penalty(text: str, run: Run) -> float:
    """An enumeration of years, weights or ages is no number: 2019, 2020 and 2021."""
    if len(run.groups) < 3 or run.disguised:
        return 0.0
    gaps = [text[a.end : b.start] for a, b in zip(run.groups, run.groups[1:], strict=False)]
    listed = sum(bool(_LIST_GAP.search(gap)) for gap in gaps) >= len(gaps) - 1
    years = all(len(group.digits) == 4 and group.digits[:2] in ("19", "20") for group in run.groups)
    if years:
        return 0.6
    return 0.45 if listed and max(run.shape) >= 2 and run.shape not in _NANP_SHAPES else 0.0


def _context(text: str, start: int, end: int) -> float:
    """Weigh the nearest word that asks for a call against one that names another thing, within the sentence."""
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    before = _SENTENCE_END.split(before)[-1]
    after = _SENTENCE_END.split(after)[0]
    if _ANTI_AFTER.search(after):
        return _NAMED_OTHERWISE
    cues = [len(before) - match.end() for match in _CUE.finditer(before)]
    cues += [match.start() + _FURTHER for match in _CUE.finditer(after)]
    others = [len(before) - match.end() for match in _ANTI.finditer(before)]
    if others and min(others) <= min(cues, default=_BEFORE) and not before.endswith("+"):
        return _NAMED_OTHERWISE
    return _ASKED_FOR if cues else 0.0


def _with_plus(text: str, start: int) -> int:
    """Include what opens a number: + and a bracket."""
    while start > 0 and text[start - 1] in "+(":
        start -= 1
    return start
