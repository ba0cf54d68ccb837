"""Plain values that go into the monitor and come out of it. Offsets count Unicode code points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from apps.fraud.states import Category, Decision


@dataclass(frozen=True, slots=True)
class Finding:
    """A detector's match, in the coordinates of the view that it read. Scores run from 0 to 1."""

    category: Category
    rule: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A match in the original message: `text[start:end]` is what a mask would hide."""

    category: Category
    rule: str
    start: int
    end: int
    score: float
    text: str


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """How strongly a message is suspected of one category, and by which matches."""

    name: Category
    score: float
    evidence: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class SenderHistory:
    """What is known of the sender when a message is judged: strikes by category, lately."""

    strikes: Mapping[str, int] = field(default_factory=dict)

    def strikes_for(self, category: Category) -> int:
        """Return how often the sender was stopped for this category lately."""
        return self.strikes.get(category, 0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the monitor thinks of one message. `masked_text` is what the receiver may see."""

    decision: Decision
    score: float
    categories: tuple[CategoryScore, ...]
    masked_text: str
    explanation: str
    urgent: bool
    needs_review: bool
    monitor_version: str

    @property
    def flagged(self) -> bool:
        """Whether anything was found that the policy or a model wants known."""
        return self.decision != Decision.ALLOW or self.needs_review


class CategoryModel(Protocol):
    """A learned judge: it may ask for a review, it never hides a message by itself."""

    version: str

    def scores(self, text: str, history: Sequence[str]) -> Mapping[Category, float]:
        """Return the probability of each category, from 0 to 1."""
        ...
