"""Nobody waits for the gateway with a connection or a transaction in hand."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from apps.bookings.models import Booking
from apps.bookings.tests.answers import key
from apps.bookings.tests.factories import VISA
from apps.common.clock import advance_business_clock
from apps.payments.gateways.stripe_api import StripeGateway

pytestmark = pytest.mark.django_db(transaction=True)
CALLS = ("create_intent", "confirm_intent", "refund", "transfer")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes each call of the gateway, and fails it when a connection is open."""
    made: list[str] = []

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            assert connection.connection is None, f"{name} waits with a connection in hand"
            made.append(name)
            return call(*args, **kwargs)

        return run

    for name in CALLS:
        monkeypatch.setattr(StripeGateway, name, watched(name, getattr(StripeGateway, name)))
    return made


def test_not_in_a_deposit(api, booking: Booking, stripe_sandbox, calls) -> None:
    body = {"booking_id": str(booking.public_id), "payment_method": VISA}
    assert api(booking.owner).post("/api/v1/booking/deposit", body, headers=key()).status_code == 201
    assert calls == ["create_intent", "confirm_intent"]


def test_not_in_a_decline(api, paid: Booking, calls) -> None:
    api(paid.sitter.user).post(f"/api/v1/bookings/{paid.public_id}/decline", headers=key())
    assert calls == ["refund"]


def test_not_in_a_payout(api, completed: Booking, payee, calls) -> None:
    advance_business_clock(5 * 24 * 3600)
    body = {"booking_id": str(completed.public_id)}
    assert api(completed.sitter.user).post("/api/v1/sitter/payout", body, headers=key()).status_code == 200
    assert calls == ["transfer"]
