"""Business time moves forward, and only where a demo may move it."""

from datetime import timedelta

import pytest

from apps.common.clock import advance_business_clock, business_now, real_now
from apps.common.errors import Forbidden

URL = "/api/v1/demo/clock"


def test_the_clock_moves_forward(api, db):
    client = api()
    before = business_now()
    answer = client.post(URL, {"advance_seconds": 3600})
    assert answer.status_code == 200
    assert business_now() - before >= timedelta(hours=1)


def test_tokens_and_commands_keep_real_time(db):
    advance_business_clock(86_400)
    assert business_now() - real_now() >= timedelta(hours=23)


@pytest.mark.parametrize("seconds", [0, -5, "soon", None])
def test_the_clock_never_goes_backwards(api, db, seconds):
    before = business_now()
    answer = api().post(URL, {"advance_seconds": seconds})
    assert answer.status_code == 400
    assert "advance_seconds" in answer.json()["error"]["details"]
    assert business_now() - before < timedelta(minutes=1)


def test_outside_of_a_demo_the_clock_does_not_exist(api, db, settings):
    settings.PETWASH_DEMO = False
    assert api().get(URL).status_code == 404
    assert api().post(URL, {"advance_seconds": 60}).status_code == 404
    with pytest.raises(Forbidden):
        advance_business_clock(60)


def test_outside_of_a_demo_an_old_offset_has_no_effect(db, settings):
    advance_business_clock(86_400)
    settings.PETWASH_DEMO = False
    assert abs(business_now() - real_now()) < timedelta(minutes=1)
