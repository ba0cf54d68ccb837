"""The monitor on a seed corpus of our own: what it must find, and what it must leave alone."""

from pathlib import Path

import pytest

from apps.fraud.monitor import FraudMonitor
from apps.fraud.states import Category, Decision
from apps.fraud.types import Verdict

CORPUS = Path(__file__).parent / "corpus"
MONITOR = FraudMonitor()


def messages(name: str) -> list[str]:
    """Return the messages of a file; lines that begin with # are comments."""
    lines = (CORPUS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def acted_on(verdict: Verdict, category: Category) -> bool:
    """Tell whether the message was flagged, and for this category."""
    return verdict.decision != Decision.ALLOW and category in {found.name for found in verdict.categories}


@pytest.mark.parametrize(
    ("name", "category", "recall"),
    [
        ("contact", Category.CONTACT, 0.95),
        ("payment", Category.OFF_PLATFORM_PAYMENT, 0.9),
        ("scam", Category.SCAM, 0.9),
        ("abuse", Category.ABUSE, 0.9),
    ],
)
def test_recall(name, category, recall):
    texts = messages(name)
    missed = [text for text in texts if not acted_on(MONITOR.assess(text), category)]
    assert 1 - len(missed) / len(texts) >= recall, missed


def test_innocent_messages_pass():
    texts = messages("innocent")
    flagged = [text for text in texts if MONITOR.assess(text).decision != Decision.ALLOW]
    assert len(flagged) / len(texts) <= 0.01, flagged


def test_half_of_the_corpus_is_innocent():
    guilty = sum(len(messages(name)) for name in ("contact", "payment", "scam", "abuse"))
    innocent = len(messages("innocent"))
    assert guilty + innocent >= 400
    assert 0.45 <= innocent / (guilty + innocent) <= 0.55
