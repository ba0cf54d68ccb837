"""A number that is split over several messages is found in the one that completes it."""

from apps.fraud.monitor import FraudMonitor
from apps.fraud.states import Decision

MONITOR = FraudMonitor()


def test_the_last_part_is_masked():
    assert MONITOR.assess("415").decision == Decision.ALLOW
    assert MONITOR.assess("555", history=["415"]).decision == Decision.ALLOW
    verdict = MONITOR.assess("0123 ok?", history=["my number starts with 415", "then 555"])
    assert verdict.decision == Decision.MASK
    assert verdict.masked_text == "[hidden] ok?"
    assert verdict.categories[0].evidence[0].rule == "contact.phone_split"


def test_an_address_in_two_parts_is_masked():
    verdict = MONITOR.assess("@gmail.com", history=["write to jane.doe"])
    assert verdict.decision == Decision.MASK
    assert verdict.masked_text == "[hidden]"


def test_only_the_last_five_messages_count():
    history = ["415", "555", "walk", "lunch", "sleep", "play", "nap"]
    assert MONITOR.assess("0123", history=history).decision == Decision.ALLOW


def test_ordinary_figures_one_after_the_other_pass():
    history = ["He weighs 55 lbs", "2 walks a day, 30 minutes each", "We come at 10:30"]
    assert MONITOR.assess("and leave on the 21st", history=history).decision == Decision.ALLOW


def test_what_was_masked_before_is_not_held_against_the_next():
    assert MONITOR.assess("2 dogs by the way", history=["415-555-0123"]).decision == Decision.ALLOW
