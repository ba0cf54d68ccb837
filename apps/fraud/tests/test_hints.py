"""A grammar's hint is a shortcut: it must never hide what the grammar's phrases would find."""

from dataclasses import replace

import pytest

from apps.fraud.detectors.abuse import ABUSE
from apps.fraud.detectors.grammar import compiled
from apps.fraud.detectors.payment import PAYMENT
from apps.fraud.detectors.scam import SCAM
from apps.fraud.normalise import fold
from apps.fraud.tests.test_corpus import messages
from apps.fraud.views import readings


@pytest.mark.parametrize(("name", "grammar"), [("payment", PAYMENT), ("scam", SCAM), ("abuse", ABUSE)])
def test_the_hint_hides_nothing(name, grammar):
    thorough = replace(grammar, hint=compiled(""))
    for text in messages(name):
        for view in readings(fold(text)):
            assert list(grammar.detect(view)) == list(thorough.detect(view)), view.text
