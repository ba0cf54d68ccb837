"""The log is append-only, one row a message, and counts strikes."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from apps.common import events
from apps.common.clock import real_now
from apps.common.db import TransactionRequired
from apps.common.ids import uuid7
from apps.common.models import OutboxEvent
from apps.fraud import services
from apps.fraud.events import MessageFlagged
from apps.fraud.models import FraudLog, Source
from apps.fraud.selectors import STRIKE_LIFE, sender_history
from apps.fraud.states import Decision
from apps.fraud.tests.factories import FraudLogFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "attack", [lambda rows: rows.update(action=Decision.ALLOW), lambda rows: rows.delete()], ids=["update", "delete"]
)
def test_the_database_refuses_to_change_history(attack):
    row = FraudLogFactory.create()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        attack(FraudLog.objects.filter(pk=row.pk))
    assert FraudLog.objects.get(pk=row.pk).action == Decision.WARN


def test_a_message_is_logged_once():
    row = FraudLogFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        FraudLogFactory.create(message_reference=row.message_reference)
    assert FraudLog.objects.count() == 1


def test_a_message_without_a_sender_is_no_message():
    with pytest.raises(IntegrityError), transaction.atomic():
        FraudLogFactory.create(sender=None)


def test_strikes_are_flagged_messages_of_thirty_days(owner):
    for _ in range(2):
        FraudLogFactory.create(sender=owner)
    FraudLogFactory.create(sender=owner, category="contact", action=Decision.MASK)
    FraudLogFactory.create(sender=owner, action=Decision.ALLOW)
    FraudLogFactory.create(sender=owner, created_at=real_now() - STRIKE_LIFE - timedelta(seconds=1))
    FraudLogFactory.create()
    FraudLogFactory.create(source=Source.CHECK, sender=None, message_reference=None, checked_by=owner)
    assert sender_history(owner.pk).strikes == {"off_platform_payment": 2, "contact": 1}


def test_nothing_flagged_nothing_logged(owner, stranger):
    verdict = services.judge(text="See you at noon", sender_id=owner.pk)
    row = services.log_verdict(
        verdict=verdict,
        sender=owner,
        receiver=stranger,
        message_reference=uuid7(),
        conversation_reference=uuid7(),
        confirmed_booking=False,
    )
    assert row is None
    assert not FraudLog.objects.exists()


def test_logging_announces_the_message_by_ids(owner, stranger):
    conversation = uuid7()
    services.log_verdict(
        verdict=services.judge(text="Buy two Steam gift cards and send me the codes", sender_id=owner.pk),
        sender=owner,
        receiver=stranger,
        message_reference=uuid7(),
        conversation_reference=conversation,
        confirmed_booking=False,
    )
    stored = OutboxEvent.objects.get()
    heard = events.rebuild(stored.name, stored.payload)
    assert isinstance(heard, MessageFlagged)
    assert (heard.category, heard.action, heard.urgent) == ("scam", "block", True)
    assert (heard.conversation_id, heard.sender_id) == (str(conversation), owner.pk)


@pytest.mark.django_db(transaction=True)
def test_logging_is_a_step_of_a_transaction():
    verdict = services.judge(text="See you at noon")
    with pytest.raises(TransactionRequired):
        services.log_check(verdict=verdict, checked_by=None, conversation_reference=None, confirmed_booking=False)
