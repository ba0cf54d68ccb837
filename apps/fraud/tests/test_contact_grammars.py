"""E-mail addresses, links and handles are hidden to the letter, however they are disguised."""

import pytest

from apps.fraud.monitor import FraudMonitor
from apps.fraud.states import Decision

MONITOR = FraudMonitor()


@pytest.mark.parametrize(
    "token",
    [
        "sam.walker@example.com",
        "sam.walker (at) example (dot) com",
        "sam dot walker at gmail dot com",
        "s a m w a l k e r @ g m a i l . c o m",
        "sаm.wаlkеr＠gmail．com",
        "samwalker&#64;gmail.com",
        "samwalkerATgmailDOTcom",
        "https://samwalks.example.com/dogs?x=1",
        "www.samwalks.com",
        "samwalks dot com",
        "wa.me/14155550123",
        "@sam.walks.dogs",
    ],
)
def test_the_token_is_hidden_and_nothing_else(token):
    verdict = MONITOR.assess(f"Hello! {token} is me")
    assert verdict.decision == Decision.MASK
    assert verdict.masked_text == "Hello! [hidden] is me"


def test_only_the_name_is_hidden_where_a_network_is_named():
    assert MONITOR.assess("my insta is samwalksdogs ok").masked_text == "my insta is [hidden] ok"


def test_links_to_us_pass():
    assert MONITOR.assess("See https://petwash.example/help and help.petwash.example").decision == Decision.ALLOW


@pytest.mark.parametrize(
    "link",
    [
        "https://petwash.example.evil.com/help",
        "https://petwash.example@evil.com/help",
        "https://petwash.example:443@evil.com/help",
        "https://not-petwash.example.com",
    ],
)
def test_a_site_that_only_looks_like_ours_does_not(link):
    assert MONITOR.assess(f"See {link}").decision == Decision.MASK
