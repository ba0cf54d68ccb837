"""A bank's dispute in the very moment in which money is promised: one waits for the other, nobody dies of it."""

import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction

from apps.escrow import services
from apps.escrow.amounts import Parts
from apps.escrow.models import RefundPart, ReleasePart
from apps.escrow.services import releases
from apps.escrow.services.holds import lock_hold
from apps.escrow.tests.holds import a_day_passes, usd
from apps.ledger import selectors as ledger
from apps.payments import services as payments
from apps.payments.gateways.current import gateway
from apps.payments.models import Payment
from apps.payments.services.disputing import asked_at, record_dispute
from petwash.testing.races import START_SECONDS, race

pytestmark = pytest.mark.django_db(transaction=True)


class Meeting:
    """The use case has the hold's lock; it goes on to the payment when the dispute waits for a lock."""

    def __init__(self) -> None:
        self.hold_is_locked = threading.Event()

    def before(self, prepare: Any) -> Any:
        def call(**wanted: Any) -> Any:
            self.hold_is_locked.set()
            self._see_somebody_wait()
            return prepare(**wanted)

        return call

    def _see_somebody_wait(self) -> None:
        last = time.monotonic() + START_SECONDS
        while time.monotonic() < last:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
                )
                if cursor.fetchone()[0]:
                    return
            time.sleep(0.02)
        raise AssertionError("the dispute never came to the lock")


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    here = Meeting()
    for name in ("prepare_refund", "prepare_transfer"):
        monkeypatch.setattr(payments, name, here.before(getattr(payments, name)))
    return here


@pytest.fixture
def due(story: Any) -> Any:
    """A hold whose 24 hours are over."""
    story.pay()
    story.complete()
    a_day_passes()
    return story


def refund(booking_id: str) -> None:
    with transaction.atomic(durable=True):
        services.prepare_refund(booking_id=booking_id, parts=Parts(usd(1_000), usd(0)), reason="r", actor=None)


def claim(booking_id: str) -> None:
    with transaction.atomic(durable=True):
        releases.claim(lock_hold(booking_id), None, "payout due")


@pytest.mark.parametrize(
    ("act", "state", "promised"), [(refund, "refunding", RefundPart), (claim, "releasing", ReleasePart)]
)
def test_a_dispute_and_a_promise_take_their_locks_in_one_order(
    due: Any, meeting: Meeting, stripe_sandbox: Any, act: Any, state: str, promised: Any
) -> None:
    dispute = stripe_sandbox.dispute(stripe_sandbox.objects("charge")[0]["id"])["id"]
    payment = Payment.objects.get()

    def the_bank_is_heard() -> None:
        assert meeting.hold_is_locked.wait(START_SECONDS)
        at = asked_at()
        facts = gateway().retrieve_dispute(dispute)
        assert facts is not None
        with transaction.atomic(durable=True):
            record_dispute(payment.pk, facts, at)

    assert race(lambda: act(due.booking_id), the_bank_is_heard) == [None, None]
    assert (due.hold.state, due.hold.disputed, promised.objects.count()) == (state, True, 1)
    assert ledger.check().ok
