"""Identifiers sort by time and survive being read aloud."""

import re

from apps.common.ids import make_reference, parse_public_id, uuid7


def test_uuid7_has_its_version_and_variant():
    value = uuid7()
    assert value.version == 7
    assert value.variant == "specified in RFC 4122"


def test_uuid7_orders_by_time(monkeypatch):
    instants = iter([1_000_000_000_000, 2_000_000_000_000])
    monkeypatch.setattr("apps.common.ids.time.time_ns", lambda: next(instants) * 1_000_000)
    assert uuid7() < uuid7()


def test_references_avoid_letters_that_look_alike():
    for _ in range(200):
        assert re.fullmatch(r"PW-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", make_reference())


def test_an_unreadable_id_is_an_absent_thing():
    assert parse_public_id("nonsense") is None
    assert parse_public_id(None) is None
    value = uuid7()
    assert parse_public_id(str(value)) == value
