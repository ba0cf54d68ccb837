"""A message is judged before it is delivered: allow, warn, mask or block."""

import pytest

from apps.common.models import OutboxEvent
from apps.fraud.models import FraudLog
from apps.messaging.models import Message

HIDDEN = "My number: four one five, 555, zero one 2 three"


def test_an_innocent_message_arrives_as_written(say, read, owner, sitter_user):
    sent = say(owner, "Biscuit is 55 lbs and 12 years old").json()
    assert (sent["decision"], sent["explanation"], sent["delivered"], sent["hidden"]) == ("allow", None, True, False)
    assert read(sitter_user)[0]["text"] == "Biscuit is 55 lbs and 12 years old"
    assert not FraudLog.objects.exists()


def test_a_hidden_number_is_masked_for_the_receiver_alone(say, read, owner, sitter_user):
    sent = say(owner, HIDDEN).json()
    assert (sent["decision"], sent["delivered"], sent["hidden"], sent["text"]) == ("mask", True, True, HIDDEN)
    assert sent["explanation"].startswith("We hid contact details")
    received = read(sitter_user)[0]
    assert received["text"] == "My number: [hidden]"
    assert (received["decision"], received["explanation"], received["client_message_id"]) == (None, None, None)
    assert read(owner)[0]["text"] == HIDDEN


def test_a_payment_around_us_arrives_with_a_warning_to_the_sender(say, read, owner, sitter_user):
    sent = say(owner, "Can you pay me on Venmo instead?").json()
    assert (sent["decision"], sent["delivered"]) == ("warn", True)
    assert "outside of PetWash" in sent["explanation"]
    assert read(sitter_user)[0]["text"] == "Can you pay me on Venmo instead?"


def test_the_second_attempt_is_masked(say, read, owner, sitter_user):
    say(owner, "Can you pay me on Venmo instead?")
    assert say(owner, "Please, venmo me").json()["decision"] == "mask"
    assert "venmo" not in read(sitter_user)[1]["text"]


def test_a_scam_is_not_delivered(say, read, owner, sitter_user):
    sent = say(sitter_user, "Buy two Steam gift cards and send me the codes").json()
    assert (sent["decision"], sent["delivered"]) == ("block", False)
    assert sent["explanation"].startswith("This message was not delivered")
    assert read(owner) == []
    assert len(read(sitter_user)) == 1
    assert not OutboxEvent.objects.filter(name="messaging.MessageDelivered").exists()


def test_parts_of_a_number_are_seen_together(say, read, owner, sitter_user):
    for part in ("415", "then 555", "and 0123"):
        say(owner, part)
    assert [m["text"] for m in read(sitter_user)] == ["415", "then 555", "and [hidden]"]


def test_the_log_holds_where_and_why_and_no_words(say, owner, sitter_user, conversation):
    message_id = say(owner, HIDDEN).json()["id"]
    row = FraudLog.objects.get()
    assert (row.category, row.action, row.relation, row.source) == ("contact", "mask", "before_booking", "message")
    assert (row.sender, row.receiver) == (owner, sitter_user)
    assert (str(row.message_reference), row.conversation_reference) == (message_id, conversation.public_id)
    assert [(found["rule"], found["start"], found["end"]) for found in row.findings] == [
        ("contact.phone_disguised", 11, len(HIDDEN))
    ]
    assert "four" not in str(FraudLog.objects.values().get())


def test_events_tell_ids_and_no_words(say, owner):
    say(owner, HIDDEN)
    events = list(OutboxEvent.objects.order_by("id"))
    assert [event.name for event in events] == ["fraud.MessageFlagged", "messaging.MessageDelivered"]
    assert "four" not in str([event.payload for event in events])


def test_both_texts_are_encrypted_at_rest(say, owner, django_db_blocker):
    from django.db import connection

    say(owner, HIDDEN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body, masked_body FROM messaging_message")
        stored = str(cursor.fetchall())
    assert "number" not in stored
    assert Message.objects.get().body == HIDDEN


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, None, "nul \x00 sign"])
def test_a_text_that_cannot_be_sent_is_named(say, owner, text):
    answer = say(owner, text)
    assert answer.status_code == 400
    assert "text" in answer.json()["error"]["details"]
    assert not Message.objects.exists()


def test_a_lone_surrogate_is_refused_not_a_crash(api, owner, messages_url):
    answer = api(owner).post(messages_url, data='{"text": "\\ud800"}', content_type="application/json")
    assert answer.status_code == 400
