"""Telephone numbers are found however they are written, and figures that are none pass."""

import pytest

from apps.fraud.monitor import FraudMonitor
from apps.fraud.states import Category, Decision

MONITOR = FraudMonitor()

NUMBERS = [
    "415-555-0123",
    "(415) 555-0123",
    "415.555.0123",
    "4155550123",
    "+1 415 555 0123",
    "+44 7700 900123",
    "07700 900123",
    "06 12 34 56 78",
    "4 1 5 5 5 5 0 1 2 3",
    "4*1*5*5*5*5*0*1*2*3",
    "four one five, five five five, oh one two three",
    "four fifteen double five five zero one two three",
    "fouronefivefivefivefivezeroonetwothree",
    "4one5-five5five-0one23",
    "4l5 SSS OI23",
    "4a1b5c5d5e5f0g1h2i3",
    "４１５５５５０１２３",
    "④①⑤⑤⑤⑤⓪①②③",
    "4️⃣1️⃣5️⃣ 5️⃣5️⃣5️⃣ 0️⃣1️⃣2️⃣3️⃣",
    "4\u200b1\u200b5\u200b5\u200b5\u200b5\u200b0\u200b1\u200b2\u200b3",
    "四一五五五五零一二三",
    "cuatro uno cinco cinco cinco cinco cero uno dos tres",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_masked_and_nothing_else(number):
    verdict = MONITOR.assess(f"Hello! {number} - see you")
    assert verdict.decision == Decision.MASK
    assert [found.name for found in verdict.categories] == [Category.CONTACT]
    assert verdict.masked_text == "Hello! [hidden] - see you"


@pytest.mark.parametrize(
    "innocent",
    [
        "He is 55 lbs and 12 years old",
        "His microchip is 985112001234567",
        "Rabies tag number 4155550123, due in May",
        "My booking is PW-7F3K-9Q2M",
        "From 2026-11-21 to 2026-11-25, drop-off at 10:30",
        "Litters were born in 2019, 2020, 2021 and 2022",
        "The total was $1,250.00 plus $125.00 for two nights",
        "Weights were 12, 14, 15, 13, 12 pounds",
        "We live at 2889 East Hastings Street, Springfield 62701",
        "The policy number is 2155550123",
        "Walks at 7:00, 12:30 and 18:45, 30 minutes each",
        "Gate code 48210 then 3915",
        "One walk, two meals, three treats, four toys and five minutes of play",
    ],
)
def test_other_figures_pass(innocent):
    assert MONITOR.assess(innocent).decision == Decision.ALLOW


def test_a_cue_makes_a_short_number_one():
    assert MONITOR.assess("call me at 555-0123").decision == Decision.MASK
    assert MONITOR.assess("invoice 555-0123").decision == Decision.ALLOW
