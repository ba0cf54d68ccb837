"""Open a conversation, send a message: judged before it is delivered."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.states import UserStatus
from apps.common import events
from apps.common.clock import real_now
from apps.common.errors import Conflict, InvalidInput, TooManyRequests
from apps.fraud import services as fraud
from apps.fraud.states import Decision
from apps.fraud.types import Verdict
from apps.messaging import selectors
from apps.messaging.events import MessageDelivered
from apps.messaging.models import Conversation, Message
from apps.sitters import selectors as sitters

MOST_MESSAGES, MESSAGE_PERIOD = 30, timedelta(minutes=1)
MOST_CONVERSATIONS, CONVERSATION_PERIOD = 30, timedelta(hours=1)


def open_conversation(*, actor: Any, sitter_id: str) -> tuple[Conversation, bool]:
    """Return the actor's conversation with a sitter, and whether it is new. A repeat finds the same.

    Raises: NotFound for a sitter who cannot be booked; InvalidInput for oneself; TooManyRequests.
    """
    sitter = sitters.access_bookable_sitter(actor, sitter_id).user
    if sitter.pk == actor.pk:
        raise InvalidInput.field("sitter_id", "This is you: choose another sitter.")
    with transaction.atomic(durable=True):
        _one_at_a_time(actor)
        known = Conversation.objects.filter(owner=actor, sitter=sitter).first()
        if known is not None:
            return known, False
        _limit_conversations(actor, real_now())
        return Conversation.objects.get_or_create(owner=actor, sitter=sitter)


def send_message(
    *, actor: Any, conversation: Conversation, text: str, client_message_id: str | None = None
) -> tuple[Message, bool]:
    """Judge and store a message; deliver it unless it is blocked. Returns it and whether it is new.

    A repeat of `client_message_id` with the same text returns the first message. Messages of one
    conversation are judged one after the other, so that parallel parts of a number see each other.

    Raises: Conflict `client_message_id_reused`, `recipient_unavailable`; TooManyRequests.
    """
    with transaction.atomic(durable=True):
        _one_at_a_time(actor)
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        repeated = _find_repeat(locked, actor, text, client_message_id)
        if repeated is not None:
            return repeated, False
        now = real_now()
        _require_receiver(locked.other(actor.pk))
        _limit_messages(actor, now)
        booked = selectors.have_confirmed_booking(locked)
        history = selectors.recent_texts(locked, actor.pk, now)
        verdict = fraud.judge(text=text, sender_id=actor.pk, history=history, confirmed_booking=booked)
        message = _store(locked, actor, text, client_message_id, verdict, now)
        _announce(locked, actor, message, verdict, booked)
        return message, True


def check_text(*, actor: Any, text: str, conversation_id: str | None = None) -> Verdict:
    """Judge a text without sending it, and log what is flagged; a conversation tells whether the two are booked.

    Raises: NotFound for an unknown conversation.
    """
    conversation = selectors.find_conversation(conversation_id) if conversation_id else None
    booked = conversation is not None and selectors.have_confirmed_booking(conversation)
    verdict = fraud.judge(text=text, confirmed_booking=booked)
    with transaction.atomic(durable=True):
        fraud.log_check(
            verdict=verdict,
            checked_by=actor,
            conversation_reference=conversation.public_id if conversation else None,
            confirmed_booking=booked,
        )
    return verdict


def _find_repeat(conversation: Conversation, actor: Any, text: str, client_message_id: str | None) -> Message | None:
    if client_message_id is None:
        return None
    known = conversation.messages.filter(sender=actor, client_message_id=client_message_id).first()
    if known is not None and known.body != text:
        raise Conflict(
            "client_message_id_reused",
            "This client_message_id was used for another text: make a new one for each message.",
            {"message_id": str(known.public_id)},
        )
    return known


def _one_at_a_time(actor: Any) -> None:
    """Lock the person's row, before any other: what is sent at once in many places is counted in turn."""
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)


def _require_receiver(receiver: Any) -> None:
    if receiver.status != UserStatus.ACTIVE:
        raise Conflict("recipient_unavailable", "This person does not receive messages any more.")


def _limit_messages(actor: Any, now: datetime) -> None:
    sent = Message.objects.filter(sender=actor, created_at__gt=now - MESSAGE_PERIOD).count()
    if sent >= MOST_MESSAGES:
        raise TooManyRequests(
            "message_rate_limited", f"At most {MOST_MESSAGES} messages a minute. Wait a moment.", retry_after=60
        )


def _limit_conversations(actor: Any, now: datetime) -> None:
    opened = Conversation.objects.filter(owner=actor, created_at__gt=now - CONVERSATION_PERIOD).count()
    if opened >= MOST_CONVERSATIONS:
        raise TooManyRequests(
            "conversation_rate_limited",
            f"At most {MOST_CONVERSATIONS} new conversations an hour. Try again later.",
            retry_after=3600,
        )


def _store(
    conversation: Conversation,
    actor: Any,
    text: str,
    client_message_id: str | None,
    verdict: Verdict,
    now: datetime,
) -> Message:
    hides = verdict.decision == Decision.MASK and verdict.masked_text != text
    message = Message.objects.create(
        conversation=conversation,
        sender=actor,
        client_message_id=client_message_id,
        body=text,
        masked_body=verdict.masked_text if hides else None,
        decision=verdict.decision,
        explanation=verdict.explanation,
        created_at=now,
        delivered_at=None if verdict.decision == Decision.BLOCK else now,
    )
    if message.delivered_at is not None:
        Conversation.objects.filter(pk=conversation.pk).update(last_message_at=now)
    return message


def _announce(conversation: Conversation, actor: Any, message: Message, verdict: Verdict, booked: bool) -> None:
    receiver = conversation.other(actor.pk)
    fraud.log_verdict(
        verdict=verdict,
        sender=actor,
        receiver=receiver,
        message_reference=message.public_id,
        conversation_reference=conversation.public_id,
        confirmed_booking=booked,
    )
    if message.delivered_at is not None:
        events.publish(
            MessageDelivered(
                message_id=str(message.public_id),
                conversation_id=str(conversation.public_id),
                sender_id=actor.pk,
                receiver_id=receiver.pk,
            )
        )
