"""Mails: what they hold, and what nothing else may hold."""

import logging
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import transaction

from apps.accounts import tasks
from apps.accounts.models import User
from apps.accounts.services import mailing
from apps.accounts.tests.conftest import token_in
from apps.common.db import OutsideCallInTransaction
from apps.common.models import OutboxEvent


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(mailing.MAILS))
def test_every_kind_renders_as_plain_text_without_left_over_marks(kind: str, owner: User, mailoutbox: Any) -> None:
    User.objects.filter(pk=owner.pk).update(email_verified_at=None, full_name="Olivia <O'Wner>")
    assert mailing.send(kind=kind, user_id=str(owner.public_id))
    [message] = mailoutbox
    assert message.to == [owner.email]
    assert "{{" not in message.body
    assert "{%" not in message.body
    assert "&#x27;" not in message.body
    assert message.body.startswith("Hello")


@pytest.mark.django_db
def test_a_stranger_cannot_put_words_into_a_mail_to_somebody_else(call: Any, outbox: Any) -> None:
    for _ in range(2):
        call(
            "auth/register",
            email="victim@example.com",
            password="a long enough phrase",
            full_name="Win a prize at https://evil.example",
            role="owner",
        )
    call("auth/password/forgot", email="victim@example.com")
    messages = outbox()
    assert len(messages) == 3
    assert all("evil.example" not in message.body for message in messages)


@pytest.mark.django_db
def test_a_verified_person_is_greeted_by_name(call: Any, owner: User, outbox: Any) -> None:
    call("auth/password/forgot", email=owner.email)
    assert outbox()[0].body.startswith("Hello Olivia Owner,")


@pytest.mark.django_db
def test_tokens_are_neither_stored_nor_logged(
    call: Any, owner: User, outbox: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        call("auth/password/forgot", email=owner.email)
        [message] = outbox()
        token = token_in(message)
        call("auth/password/reset", token=token, password="another horse battery")
    printed = capfd.readouterr()
    assert token not in caplog.text + printed.out + printed.err
    assert all(token not in str(row.payload) for row in OutboxEvent.objects.all())


@pytest.mark.django_db
@pytest.mark.parametrize("failure", [SMTPServerDisconnected("gone"), ConnectionRefusedError("nobody there")])
def test_while_mail_is_down_the_task_tries_again(
    owner: User, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    failures = [failure, failure]
    sent: list[str] = []

    def send(self: EmailMessage, fail_silently: bool = False) -> int:
        if failures:
            raise failures.pop()
        sent.append(str(self.subject))
        return 1

    monkeypatch.setattr(EmailMessage, "send", send)
    tasks.send_mail.apply(args=("reset_password", str(owner.public_id)))
    assert sent == ["Reset your PetWash password"]


@pytest.mark.django_db
def test_mail_is_never_sent_while_a_transaction_is_open(owner: User) -> None:
    with transaction.atomic(), pytest.raises(OutsideCallInTransaction):
        mailing.send(kind="reset_password", user_id=str(owner.public_id))
