"""A station's HTTP alert is signed over timestamp and body, and only for a while."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.stations import alert_signing as signing

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def test_body_timestamp_and_key_must_all_fit() -> None:
    headers = signing.signed_headers("key", b"body", AT)
    stamp, signature = headers[signing.TIMESTAMP_HEADER], headers[signing.SIGNATURE_HEADER]
    assert signing.matches("key", stamp, b"body", signature)
    assert not signing.matches("key", stamp, b"bodY", signature)
    assert not signing.matches("key", stamp + "0", b"body", signature)
    assert not signing.matches("other", stamp, b"body", signature)


@pytest.mark.parametrize("stamp", ["1767323045", "1767323045.5", "2026-01-02T03:04:05Z", "2026-01-02T04:04:05+01:00"])
def test_unix_seconds_and_rfc_3339_are_understood(stamp: str) -> None:
    assert signing.is_fresh(stamp, AT)
    assert signing.is_fresh(stamp, AT + timedelta(seconds=290))
    assert not signing.is_fresh(stamp, AT + timedelta(seconds=302))
    assert not signing.is_fresh(stamp, AT - timedelta(seconds=302))


@pytest.mark.parametrize("stamp", ["", "yesterday", "nan", "inf", "-1e400", "2026-01-02T03:04:05"])
def test_nonsense_is_never_fresh(stamp: str) -> None:
    assert not signing.is_fresh(stamp, AT)
