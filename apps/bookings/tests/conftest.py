"""The people and places that tests of bookings share."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail

from apps.bookings import services, tasks
from apps.bookings.models import Booking
from apps.bookings.tests.factories import VISA, make_booking, make_sitter
from apps.common.events import deliver_all
from apps.payments import services as payments
from apps.payments.tests.fixtures import Sandbox
from apps.payments.types import PayeeView
from apps.sitters.models import SitterProfile


@pytest.fixture
def sitter(sitter_user: Any) -> SitterProfile:
    """The sitter of the story, bookable: 40.00 a night."""
    return make_sitter(sitter_user)


@pytest.fixture
def booking(owner: Any, sitter: SitterProfile) -> Booking:
    """Two nights from today at 40.00, waiting for their payment."""
    return make_booking(owner, sitter)


@pytest.fixture
def paid(booking: Booking, stripe_sandbox: Sandbox) -> Booking:
    """The same booking, paid and waiting for the sitter's answer."""
    services.deposit(actor=booking.owner, booking_id=str(booking.public_id), payment_method=VISA)
    booking.refresh_from_db()
    return booking


@pytest.fixture
def accepted(paid: Booking) -> Booking:
    """The same booking, accepted."""
    services.accept(actor=paid.sitter.user, booking_id=str(paid.public_id))
    paid.refresh_from_db()
    return paid


@pytest.fixture
def started(accepted: Booking) -> Booking:
    """The same booking, its stay begun."""
    services.start_stay(actor=accepted.sitter.user, booking_id=str(accepted.public_id), pin=accepted.start_pin)
    accepted.refresh_from_db()
    return accepted


@pytest.fixture
def completed(started: Booking) -> Booking:
    """The same booking, its stay over a moment after it began."""
    services.complete_stay(actor=started.sitter.user, booking_id=str(started.public_id))
    started.refresh_from_db()
    return started


@pytest.fixture
def payee(sitter: SitterProfile, stripe_sandbox: Sandbox) -> PayeeView:
    """The sitter's payout account, ready."""
    return payments.open_payee_account(sitter.user)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, str]]:
    """Run the relay, then the mails that it handed out; return by receiver what was written since the last call."""
    waiting: list[tuple[str, str, str]] = []
    monkeypatch.setattr(tasks.send_mail, "delay", lambda *args: waiting.append(args))

    def read() -> dict[str, str]:
        mail.outbox.clear()
        deliver_all()
        while waiting:
            tasks.send_mail(*waiting.pop(0))
        return {message.to[0]: str(message.body) for message in mail.outbox}

    return read
