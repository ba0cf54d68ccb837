"""Proving the address."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.accounts import address_tokens
from apps.accounts.models import User
from apps.accounts.states import UserStatus
from apps.accounts.tests.conftest import error_of, token_in
from apps.accounts.tests.factories import UserFactory
from apps.common.clock import real_now


@pytest.fixture
def newcomer(db: None) -> Any:
    """Somebody who has not proven the address."""
    return UserFactory(email="new@example.com", email_verified_at=None)


@pytest.fixture
def mailed_token(call: Any, newcomer: User, outbox: Any) -> str:
    """The token that the newcomer reads in the mail."""
    assert call("auth/email/resend", email="NEW@example.com").status_code == 202
    [message] = outbox()
    assert message.to == ["new@example.com"]
    return token_in(message)


@pytest.mark.django_db
def test_the_token_of_the_mail_proves_the_address_once(call: Any, newcomer: User, mailed_token: str) -> None:
    response = call("auth/email/verify", token=mailed_token)
    assert response.status_code == 200
    assert response.json()["email_verified"] is True
    assert error_of(call("auth/email/verify", token=mailed_token), 409) == "token_used"


@pytest.mark.django_db
def test_the_token_lives_three_days(call: Any, newcomer: User, mailed_token: str) -> None:
    with time_machine.travel(real_now() + timedelta(days=3, seconds=1), tick=False):
        assert error_of(call("auth/email/verify", token=mailed_token), 400) == "token_expired"
    newcomer.refresh_from_db()
    assert not newcomer.is_verified_address


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["altered", "nonsense", "reset token", "other address", "suspended"])
def test_any_other_token_is_refused(call: Any, newcomer: User, mailed_token: str, kind: str) -> None:
    token = {
        "altered": mailed_token[:-2] + "xx",
        "nonsense": "nonsense",
        "reset token": address_tokens.make_reset_token(str(newcomer.public_id), newcomer.password),
        "other address": address_tokens.make_address_token(str(newcomer.public_id), "old@example.com"),
        "suspended": mailed_token,
    }[kind]
    if kind == "suspended":
        User.objects.filter(pk=newcomer.pk).update(status=UserStatus.SUSPENDED)
    response = call("auth/email/verify", token=token)
    assert error_of(response, 400) == "token_invalid"
    assert set(response.json()["error"]["details"]) == {"token"}
    newcomer.refresh_from_db()
    assert not newcomer.is_verified_address


@pytest.mark.django_db
def test_resending_answers_alike_for_verified_unknown_and_waiting_addresses(
    call: Any, owner: User, newcomer: User, outbox: Any
) -> None:
    answers = [call("auth/email/resend", email=email) for email in (owner.email, "nobody@example.com", newcomer.email)]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert [message.to for message in outbox()] == [["new@example.com"]]


@pytest.mark.django_db
def test_a_mail_that_comes_late_is_not_sent_to_a_verified_address(call: Any, newcomer: User, outbox: Any) -> None:
    call("auth/email/resend", email=newcomer.email)
    User.objects.filter(pk=newcomer.pk).update(email_verified_at=real_now())
    assert outbox() == []
