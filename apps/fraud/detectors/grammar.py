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


@dataclass(frozen=True, slots=True)
class Grammar:
    """Phrases of one category; `hint` must be in the text, or no phrase can be."""

    category: Category
    hint: re.Pattern[str]
    phrases: Sequence[Phrase]

    def detect(self, view: View) -> Iterator[Finding]:
        """Yield every phrase of the message that nothing excuses."""
        text = view.text
        if not self.hint.search(text):
            return
        for phrase in self.phrases:
            for match in phrase.pattern.finditer(text):
                if match.group() and not _excused(phrase, text, match):
                    yield Finding(self.category, phrase.rule, match.start(), match.end(), phrase.score)


_SENTENCE_END = re.compile(r"[.!?\n](?=\s|$)")


def sentence_around(text: str, start: int, end: int) -> str:
    """Return the sentence that holds the match, 160 signs to either side at most."""
    before, behind = text[max(0, start - 160) : start], text[end : end + 160]
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    stop = _SENTENCE_END.search(behind)
    return before[ends[-1] if ends else 0 :] + text[start:end] + (behind[: stop.start()] if stop else behind)


def _excused(phrase: Phrase, text: str, match: re.Match[str]) -> bool:
    if phrase.excuse is not None and phrase.excuse.search(sentence_around(text, match.start(), match.end())):
        return True
    groups = match.groupdict()
    start = match.start("key") if groups.get("key") else match.start()
    return phrase.refusable and is_refused(text, start, match.end())


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile once, at import; texts are folded, so patterns are lower case."""
    return re.compile(pattern)
