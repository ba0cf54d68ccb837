"""Masking hides exactly the token, and never fails."""

from hypothesis import given
from hypothesis import strategies as st

from apps.fraud.masking import MASK, mask
from apps.fraud.monitor import FraudMonitor
from apps.fraud.states import Decision

MONITOR = FraudMonitor()
NASTY = st.text(
    alphabet=st.sampled_from("0123456789 fouronetw@.-()+\u200b\u20e3\ufe0f\u202eｖеnmо４五①🅥$cashpay\n\x00\ud800")
)


@given(st.one_of(st.text(), NASTY), st.lists(st.one_of(st.text(), NASTY), max_size=6))
def test_any_text_is_judged_and_every_span_lies_within_it(text, history):
    verdict = MONITOR.assess(text, history=history)
    assert 0 <= verdict.score <= 1
    for found in verdict.categories:
        for hit in found.evidence:
            assert 0 <= hit.start < hit.end <= len(text)
            assert hit.text == text[hit.start : hit.end]
    if verdict.decision in (Decision.ALLOW, Decision.WARN):
        assert verdict.masked_text == text


@given(st.text(), st.data())
def test_what_lies_outside_of_the_spans_is_kept(text, data):
    offsets = st.integers(0, len(text))
    pairs = data.draw(st.lists(st.tuples(offsets, offsets).map(sorted).filter(lambda pair: pair[0] < pair[1])))
    spans = [(start, end) for start, end in pairs]
    covered = {index for start, end in spans for index in range(start, end)}
    kept = "".join(sign for index, sign in enumerate(text) if index not in covered)
    assert mask(text, spans).replace(MASK, "") == kept.replace(MASK, "")


def test_a_masked_message_passes_when_it_is_judged_again():
    masked = MONITOR.assess("Call 415-555-0123 or write to jane.doe@mail.example.org").masked_text
    assert masked == "Call [hidden] or write to [hidden]"
    assert MONITOR.assess(masked).decision == Decision.ALLOW


def test_trailing_keycap_marks_are_hidden_with_their_digit():
    keycaps = "".join(f"{digit}\ufe0f\u20e3" for digit in "4155550123")
    assert MONITOR.assess(f"me: {keycaps}!").masked_text == "me: [hidden]!"
