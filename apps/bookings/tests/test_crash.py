"""The process dies between the gateway's effect and our commit: the same request again goes on, once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.bookings.models import Booking
from apps.bookings.tests.answers import error, key
from apps.bookings.tests.factories import VISA
from apps.bookings.tests.test_payout import pass_the_hold
from apps.common.clock import real_now
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow
from apps.ledger import selectors as ledger
from apps.payments import services as payments
from apps.payments.gateways.stripe_api import StripeGateway
from apps.payments.services import charging, recording


class Killed(BaseException):
    """The end of the process, which nothing in it can catch as an error."""


def die_after(patch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    """Let the step have its effect, then end the process."""
    step: Callable[..., Any] = getattr(where, name)

    def last_words(*args: Any, **kwargs: Any) -> Any:
        step(*args, **kwargs)
        raise Killed

    patch.setattr(where, name, last_words)


def die_before(patch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    """End the process where the step would begin."""

    def no_words(*args: Any, **kwargs: Any) -> Any:
        raise Killed

    patch.setattr(where, name, no_words)


def later() -> Any:
    """Go on after the leases of the request and of the operation have run out."""
    return time_machine.travel(real_now() + timedelta(seconds=130), tick=True)


def deposit(api: Any, booking: Booking) -> Any:
    body = {"booking_id": str(booking.public_id), "payment_method": VISA}
    return api(booking.owner).post("/api/v1/booking/deposit", body, headers=key("a-key-of-mine"))


def payout(api: Any, booking: Booking) -> Any:
    body = {"booking_id": str(booking.public_id)}
    return api(booking.sitter.user).post("/api/v1/sitter/payout", body, headers=key("a-key-of-mine"))


CHARGE_DEATHS = [
    (die_before, StripeGateway, "create_intent"),
    (die_after, StripeGateway, "create_intent"),
    (die_after, charging, "_keep_id"),
    (die_after, StripeGateway, "confirm_intent"),
    (die_before, recording, "record_intent"),
    (die_after, recording, "record_intent"),
]
TRANSFER_DEATHS = [
    (die_before, StripeGateway, "transfer"),
    (die_after, StripeGateway, "transfer"),
    (die_before, recording, "record_transfer"),
    (die_after, recording, "record_transfer"),
]


@pytest.mark.parametrize(("die", "where", "name"), CHARGE_DEATHS)
def test_a_deposit_goes_on_with_the_same_request(api, booking, stripe_sandbox, monkeypatch, die, where, name):
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die(patch, where, name)
        deposit(api, booking)
    assert error(deposit(api, booking)) == (409, "idempotency_in_progress")
    with later():
        answer = deposit(api, booking)
    assert (answer.status_code, answer.json()["payment"]["status"]) == (201, "succeeded")
    assert len(stripe_sandbox.objects("charge")) == 1
    assert escrow_q.hold_of(str(booking.public_id)).state == "held"
    assert ledger.check().ok


@pytest.mark.parametrize(("die", "where", "name"), CHARGE_DEATHS)
def test_a_deposit_that_nobody_repeats_is_finished_by_the_sweep(
    api, booking, stripe_sandbox, monkeypatch, die, where, name
):
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die(patch, where, name)
        deposit(api, booking)
    with later():
        payments.resume_stale()
        assert error(deposit(api, booking)) == (409, "already_paid")
    assert len(stripe_sandbox.objects("charge")) == 1
    booking.refresh_from_db()
    assert (booking.status, booking.escrow_status) == ("requested", "held")


@pytest.mark.parametrize(("die", "where", "name"), TRANSFER_DEATHS)
def test_a_payout_goes_on_with_the_same_request(api, completed, payee, stripe_sandbox, monkeypatch, die, where, name):
    pass_the_hold(completed)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die(patch, where, name)
        payout(api, completed)
    assert escrow.release_due_payouts() == 0
    assert error(payout(api, completed)) == (409, "idempotency_in_progress")
    with later():
        answer = payout(api, completed)
    assert (answer.status_code, answer.json()["payout"]["status"]) == (200, "paid")
    assert len(stripe_sandbox.objects("transfer")) == 1
    assert ledger.check().ok
