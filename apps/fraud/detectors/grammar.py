"""A grammar: a table of phrases with scores, an early way out, and what excuses a phrase."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.fraud.detectors.refusals import is_refused
from apps.fraud.normalise import View
from apps.fraud.states import Category
from apps.fraud.types import Finding


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of saying it. `excuse` is searched in the sentence around; `refusable` phrases may be turned
    down; a group named `key` says where the refused thing begins, when that is not the phrase's start."""

    rule: str
    pattern: re.Pattern[str]
    score: float
    refusable: bool = True
    excuse: re.Pattern[str] | None = None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the phrase stands and nothing excuses it."""
        for match in self.pattern.finditer(text):
            if match.group() and not self._is_excused(text, match):
                yield match.span()

    def _is_excused(self, text: str, match: re.Match[str]) -> bool:
        if _excuses(self.excuse, text, match.start(), match.end()):
            return True
        start = match.start("key") if match.groupdict().get("key") else match.start()
        return self.refusable and is_refused(text, start, match.end())


@dataclass(frozen=True, slots=True)
class Together:
    """Things that are harmless apart and tell-tale near each other, in whatever order."""

    rule: str
    parts: tuple[re.Pattern[str], ...]
    score: float
    within: int = 140
    excuse: re.Pattern[str] | None = None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the stretch from the first to the last part, once."""
        for anchor in self.parts[0].finditer(text):
            found = [anchor.span(), *self._others(text, anchor)]
            if len(found) == len(self.parts):
                start, end = min(begin for begin, _ in found), max(stop for _, stop in found)
                if not _excuses(self.excuse, text, start, end):
                    yield start, end
                    return

    def _others(self, text: str, anchor: re.Match[str]) -> Iterator[tuple[int, int]]:
        low, high = max(0, anchor.start() - self.within), anchor.end() + self.within
        for part in self.parts[1:]:
            match = part.search(text, low, high)
            if match is not None:
                yield match.span()


@dataclass(frozen=True, slots=True)
class Grammar:
    """Phrases of one category; `hint` must be in the text, or no phrase can be."""

    category: Category
    hint: re.Pattern[str]
    phrases: Sequence[Phrase | Together]

    def detect(self, view: View) -> Iterator[Finding]:
        """Yield every phrase of the message that nothing excuses."""
        if not self.hint.search(view.text):
            return
        for phrase in self.phrases:
            for start, end in phrase.spans(view.text):
                yield Finding(self.category, phrase.rule, start, end, phrase.score)


_SENTENCE_END = re.compile(r"[.!?\n](?=\s|$)")
_SENTENCE = 160


def _excuses(excuse: re.Pattern[str] | None, text: str, start: int, end: int) -> bool:
    return excuse is not None and excuse.search(sentence_around(text, start, end)) is not None


def sentence_around(text: str, start: int, end: int) -> str:
    """Return the sentence that holds the match, 160 signs to either side at most."""
    before, behind = text[max(0, start - _SENTENCE) : start], text[end : end + _SENTENCE]
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    stop = _SENTENCE_END.search(behind)
    return before[ends[-1] if ends else 0 :] + text[start:end] + (behind[: stop.start()] if stop else behind)


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile once, at import; texts are folded, so patterns are lower case."""
    return re.compile(pattern)
