"""The policy is a table: category, relation, score and strikes decide; the sender is told why."""

from apps.fraud.monitor import FraudMonitor
from apps.fraud.policy import APPEAL, DEFAULT_POLICY, Policy
from apps.fraud.states import Category, Decision
from apps.fraud.types import SenderHistory

MONITOR = FraudMonitor()
NUMBER = "Call me at 415-555-0123"
VENMO = "Can you pay me on Venmo instead?"


def test_contact_data_is_legitimate_after_a_confirmed_booking():
    assert MONITOR.assess(NUMBER).decision == Decision.MASK
    booked = MONITOR.assess(NUMBER, confirmed_booking=True)
    assert (booked.decision, booked.masked_text) == (Decision.ALLOW, NUMBER)


def test_payment_around_us_is_not_legitimate_after_a_booking_either():
    assert MONITOR.assess(VENMO, confirmed_booking=True).decision == Decision.WARN


def test_circumvention_is_educated_first_and_strikes_count_later():
    def decide(strikes):
        return MONITOR.assess(VENMO, sender=SenderHistory({"off_platform_payment": strikes})).decision

    assert [decide(strikes) for strikes in (0, 1, 3, 4)] == ["warn", "mask", "mask", "block"]


def test_strikes_of_another_category_do_not_count():
    assert MONITOR.assess(VENMO, sender=SenderHistory({"contact": 9})).decision == Decision.WARN


def test_a_threat_and_a_scam_are_held_and_urgent():
    for text in ("I will kill you", "Buy two Steam gift cards and send me the codes"):
        verdict = MONITOR.assess(text)
        assert (verdict.decision, verdict.urgent) == (Decision.BLOCK, True)


def test_an_insult_is_held_but_not_urgent():
    verdict = MONITOR.assess("you are an idiot")
    assert (verdict.decision, verdict.urgent) == (Decision.BLOCK, False)


def test_the_sender_is_told_why_and_how_to_appeal():
    verdict = MONITOR.assess(NUMBER)
    assert verdict.explanation.startswith("We hid contact details")
    assert verdict.explanation.endswith(APPEAL)
    assert MONITOR.assess("See you at noon").explanation == ""


def test_another_table_decides_otherwise():
    lenient = Policy(rows=[row for row in DEFAULT_POLICY.rows if row.category != Category.CONTACT])
    assert FraudMonitor(policy=lenient).assess(NUMBER).decision == Decision.ALLOW


def test_a_learned_judge_asks_for_a_review_but_hides_nothing():
    class Suspicious:
        version = "test-model"

        def scores(self, text, history):
            return {Category.SCAM: 0.97}

    verdict = FraudMonitor(model=Suspicious()).assess("hello there")
    assert (verdict.decision, verdict.needs_review, verdict.flagged) == (Decision.ALLOW, True, True)
    assert verdict.monitor_version == "rules-1+test-model"
