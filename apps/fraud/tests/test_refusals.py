"""Who turns a thing down is not flagged for naming it; who only begins with a "no" is."""

import pytest

from apps.fraud.monitor import FraudMonitor
from apps.fraud.states import Decision

MONITOR = FraudMonitor()


@pytest.mark.parametrize(
    "text",
    [
        "Please keep payment here, no Venmo",
        "I don't take cash or Venmo, only PetWash",
        "We can't pay outside the app, it's against the rules",
        "Sorry, Zelle is not allowed here",
        "We don't use WhatsApp, let's stay here",
        "I never arrange stays off the platform",
    ],
)
def test_refusals_pass(text):
    assert MONITOR.assess(text).decision == Decision.ALLOW


@pytest.mark.parametrize(
    "text",
    [
        "No problem, pay me cash",
        "Don't pay here, pay me on Venmo",
        "Why not just venmo me?",
        "If you don't like the fees, pay me directly",
        "No fees if we do it in cash",
    ],
)
def test_a_no_to_something_else_is_no_refusal(text):
    assert MONITOR.assess(text).decision == Decision.WARN
