"""Which requests work only while they have a seat: those that may wait for the gateway, and no page."""

import pytest
from django.test import RequestFactory

from apps.common import middleware

SOME_ID = "0197f0a0-7c1e-7000-8000-000000000002"
PURCHASES = [
    "/api/v1/booking/create",
    "/api/v1/booking/deposit",
    f"/api/v1/bookings/{SOME_ID}/cancel",
    f"/api/v1/bookings/{SOME_ID}/decline",
    "/api/v1/sitter/payout",
    "/api/v1/wash/payment/activate",
    f"/api/v1/wash/{SOME_ID}/top-up",
    "/w/some-bay/buy",
    "/w/some-bay/more",
]
OTHERS = ["/api/v1/auth/login", "/api/v1/booking/price", "/api/v1/webhooks/stripe", "/w/some-bay/stop", "/nowhere"]


@pytest.mark.parametrize("path", PURCHASES)
def test_a_purchase_needs_a_seat(path):
    assert middleware._needs_seat(RequestFactory().post(path))


@pytest.mark.parametrize("path", OTHERS)
def test_what_waits_for_nobody_needs_none(path):
    assert not middleware._needs_seat(RequestFactory().post(path))


@pytest.mark.parametrize("path", ["/api/v1/wash/status/live", "/api/v1/booking/deposit", "/w/some-bay"])
def test_a_read_never_needs_one(path):
    assert not middleware._needs_seat(RequestFactory().get(path))
