"""Limits count by the address of the connection, and by nothing that a client can choose."""

import pytest
from django.test import RequestFactory

from apps.common.api.client_address import client_address


@pytest.mark.parametrize(
    ("remote", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_an_address_is_what_one_client_cannot_change_at_will(remote: str, counted: str) -> None:
    assert client_address(RequestFactory().post("/", REMOTE_ADDR=remote)) == counted


def test_headers_that_anybody_can_send_change_nothing() -> None:
    claims = {"X-Forwarded-For": "198.51.100.1", "X-Real-IP": "198.51.100.2", "Forwarded": "for=198.51.100.3"}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="203.0.113.9", headers=claims)) == "203.0.113.9"
