"""The outbox: what is committed is delivered, once per handler, and what fails is not lost."""

import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
import structlog
from django.db import DatabaseError, connection, transaction

from apps.common import events, relay
from apps.common.clock import real_now
from apps.common.db import TransactionRequired
from apps.common.models import AuditEntry, Heartbeat, OutboxDelivery, OutboxEvent
from petwash.testing.races import race


@dataclass(frozen=True)
class KennelPainted(events.Event):
    """Only the tests know this event."""

    colour: str


@pytest.fixture
def handlers(monkeypatch):
    """Start without handlers and forget those of the test."""
    monkeypatch.setitem(events._HANDLERS, KennelPainted.event_name, [])
    return events._HANDLERS[KennelPainted.event_name]


def publish(colour="green"):
    with transaction.atomic():
        events.publish(KennelPainted(colour))


def make_due():
    OutboxEvent.objects.update(next_attempt_at=real_now() - timedelta(seconds=1))


def test_a_committed_event_reaches_every_handler_once(db, handlers):
    seen = []
    handlers += [("one", lambda event: seen.append(("one", event))), ("two", lambda event: seen.append(("two", event)))]
    publish()
    assert events.deliver_all() == 1
    assert events.deliver_all() == 0
    assert seen == [("one", KennelPainted("green")), ("two", KennelPainted("green"))]


def test_an_event_of_a_rolled_back_transaction_never_happened(db, handlers):
    with pytest.raises(RuntimeError), transaction.atomic():
        events.publish(KennelPainted("red"))
        raise RuntimeError("no")
    assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_publishing_needs_a_transaction():
    with pytest.raises(TransactionRequired):
        events.publish(KennelPainted("red"))


def test_a_failing_handler_is_tried_again_and_the_others_are_not(db, handlers):
    calls = {"good": 0, "bad": 0}

    def good(event):
        calls["good"] += 1

    def bad(event):
        calls["bad"] += 1
        if calls["bad"] == 1:
            raise ValueError("not yet")

    handlers += [("bad", bad), ("good", good)]
    publish()
    relay.deliver_batch()
    row = OutboxEvent.objects.get()
    assert (row.attempts, row.delivered_at, row.last_error) == (1, None, "ValueError: not yet")
    assert row.next_attempt_at > real_now()
    make_due()
    relay.deliver_batch()
    assert calls == {"good": 1, "bad": 2}
    assert OutboxEvent.objects.get().delivered_at is not None


def test_what_a_failing_handler_wrote_is_undone(db, handlers):
    def half(event):
        Heartbeat.objects.create(name="half", beaten_at=real_now())
        raise ValueError("after writing")

    handlers.append(("half", half))
    publish()
    relay.deliver_batch()
    assert not Heartbeat.objects.filter(name="half").exists()
    assert not OutboxDelivery.objects.exists()


def test_an_event_that_always_fails_becomes_a_dead_letter_and_can_be_sent_again(db, handlers):
    mood = {"bad": True}

    def moody(event):
        if mood["bad"]:
            raise ValueError("never")

    handlers.append(("moody", moody))
    publish()
    for _ in range(relay.MAX_ATTEMPTS):
        make_due()
        relay.deliver_batch()
    assert relay.dead_letters() == 1
    make_due()
    assert relay.deliver_batch() == 0
    mood["bad"] = False
    assert relay.send_again([OutboxEvent.objects.get().id]) == 1
    make_due()
    relay.deliver_batch()
    assert relay.dead_letters() == 0
    assert OutboxEvent.objects.get().delivered_at is not None


def test_an_event_nobody_knows_is_kept(db):
    OutboxEvent.objects.create(name="common.Forgotten", payload={})
    relay.deliver_batch()
    assert OutboxEvent.objects.get().last_error.startswith("KeyError")


def test_the_text_of_a_database_error_is_not_kept(db, handlers):
    def secretive(event):
        raise DatabaseError("value 'card 4242' violates")

    handlers.append(("secretive", secretive))
    publish()
    relay.deliver_batch()
    assert OutboxEvent.objects.get().last_error == "DatabaseError"


def test_the_lag_is_the_age_of_the_oldest_waiting_event(db, handlers):
    assert relay.lag_seconds() == 0
    publish()
    OutboxEvent.objects.update(published_at=real_now() - timedelta(seconds=90))
    assert 90 <= relay.lag_seconds() < 95
    events.deliver_all()
    assert relay.lag_seconds() == 0


@pytest.mark.django_db(transaction=True)
def test_two_relays_deliver_each_event_once(handlers):
    seen, lock = [], threading.Lock()

    def slow(event):
        with lock:
            seen.append(event.colour)

    handlers.append(("slow", slow))
    for number in range(40):
        publish(str(number))
    race(*[relay.deliver_until_empty] * 4)
    assert sorted(seen, key=int) == [str(number) for number in range(40)]


def test_the_audit_trail_cannot_be_rewritten(db):
    from apps.common import audit

    structlog.contextvars.bind_contextvars(request_id="req-12345678")
    entry = audit.record(None, "kennel.painted", "kennel:1", "it was grey", colour="green")
    structlog.contextvars.clear_contextvars()
    assert entry.request_id == "req-12345678"
    for attack in ("UPDATE common_audit_entry SET reason = ''", "DELETE FROM common_audit_entry"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE common_audit_entry")
    assert AuditEntry.objects.get().reason == "it was grey"


def test_the_application_cannot_disable_a_trigger(db):
    with pytest.raises(DatabaseError, match="owner"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE common_audit_entry DISABLE TRIGGER ALL")
