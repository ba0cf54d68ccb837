"""A slow gateway: who waits for it holds no connection, and the live picture is answered meanwhile."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from apps.common.seats import seats
from apps.payments.gateways import current
from apps.payments.gateways.stripe_api import StripeGateway
from apps.payments.tests.fixtures import Sandbox
from apps.stations.models import Bay, Wash
from apps.stations.tests.factories import bay_token, make_station
from petwash.testing.races import START_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMERS = 3
# What is connected besides the one that asks.
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Patience:
    """Lets everybody wait before the money is taken."""

    def __init__(self, real: StripeGateway) -> None:
        self._real = real
        self.arrived, self.open = threading.Semaphore(0), threading.Event()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Let nobody wait longer than the test."""
        try:
            yield
        finally:
            self.open.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def confirm_intent(self, intent_id: str, *, key: str) -> Any:
        self.arrived.release()
        assert self.open.wait(START_SECONDS)
        return self._real.confirm_intent(intent_id, key=key)


@pytest.fixture
def slow(stripe_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Patience:
    """The sandbox behind a wall."""
    patience = Patience(current.gateway())  # type: ignore[arg-type]  # the port's one adapter
    monkeypatch.setattr(current, "_client", lambda *_settings: patience)
    return patience


def _activate(bay: Bay, key: str) -> Any:
    body = {
        "bay_id": str(bay.public_id), "bay_token": bay_token(bay), "program": "quick", "payment_method": "pm_card_visa",
    }  # fmt: skip
    try:
        return APIClient().post("/api/v1/wash/payment/activate", body, format="json", headers={"Idempotency-Key": key})
    finally:
        connections.close_all()


def _await_no_connection() -> None:
    """A backend is listed for a moment after its client has gone."""
    for _ in range(START_SECONDS * 20):
        with connection.cursor() as cursor:
            cursor.execute(CONNECTED)
            if cursor.fetchone() == (0,):
                return
        threading.Event().wait(0.05)
    raise AssertionError("a connection is held while the gateway is waited for")


def test_customers_wait_for_the_gateway_without_a_connection_or_a_seat(
    slow: Patience, stripe_sandbox: Sandbox, settings: Any
) -> None:
    settings.PURCHASE_SEATS = 1
    bays = list(make_station(bays=CUSTOMERS).bays.all())
    with ThreadPoolExecutor(CUSTOMERS) as crowd, slow.opened():
        sold: list[Future[Any]] = [crowd.submit(_activate, bay, f"key-of-bay-{bay.number}") for bay in bays]
        for _ in bays:
            assert slow.arrived.acquire(timeout=START_SECONDS)
        _await_no_connection()
        assert APIClient().get("/api/v1/wash/status/live").status_code == 200
        repeat = _activate(bays[0], "key-of-bay-1")
        assert (repeat.status_code, repeat.json()["error"]["code"]) == (409, "idempotency_in_progress")
        slow.open.set()
        assert [one.result(START_SECONDS).json()["wash"]["status"] for one in sold] == ["activating"] * CUSTOMERS
    assert len(stripe_sandbox.objects("charge")) == Wash.objects.count() == CUSTOMERS
    assert seats().waiting == 0
