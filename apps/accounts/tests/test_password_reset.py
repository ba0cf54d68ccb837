"""Forgotten passwords."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.accounts import address_tokens
from apps.accounts.models import User
from apps.accounts.states import UserStatus
from apps.accounts.tests.conftest import error_of, token_in
from apps.accounts.tests.factories import PASSWORD
from apps.common.clock import real_now
from petwash.testing.races import crowd

NEW = "another horse battery"


@pytest.fixture
def mailed_token(call: Any, owner: User, outbox: Any) -> str:
    """The token that the owner reads in the mail."""
    assert call("auth/password/forgot", email="OWNER@example.com").status_code == 202
    [message] = outbox()
    assert message.subject == "Reset your PetWash password"
    return token_in(message)


@pytest.mark.django_db
def test_the_token_sets_a_new_password_once_and_ends_every_session(
    call: Any, sign_in: Any, bearer: Any, owner: User, mailed_token: str, outbox: Any
) -> None:
    tokens = sign_in(owner)
    assert call("auth/password/reset", token=mailed_token, password=NEW).status_code == 204
    assert error_of(bearer(tokens["access"]).get("/api/v1/users/me"), 401) == "not_authenticated"
    assert error_of(call("auth/refresh", refresh=tokens["refresh"]), 401) == "session_ended"
    assert error_of(call("auth/login", email=owner.email, password=PASSWORD), 401) == "invalid_credentials"
    assert "access" in sign_in(owner, NEW)
    again = call("auth/password/reset", token=mailed_token, password="a third horse battery")
    assert error_of(again, 409) == "token_used"
    assert outbox()[-1].subject == "Your PetWash password was changed"


@pytest.mark.django_db
def test_a_changed_password_voids_the_token(call: Any, owner: User, mailed_token: str) -> None:
    owner.set_password("changed meanwhile")
    owner.save()
    assert error_of(call("auth/password/reset", token=mailed_token, password=NEW), 409) == "token_used"


@pytest.mark.django_db
def test_the_token_lives_one_hour(call: Any, mailed_token: str) -> None:
    with time_machine.travel(real_now() + timedelta(hours=1, seconds=1), tick=False):
        assert error_of(call("auth/password/reset", token=mailed_token, password=NEW), 400) == "token_expired"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["altered", "address token", "suspended"])
def test_any_other_token_is_refused(call: Any, owner: User, mailed_token: str, kind: str) -> None:
    token = mailed_token
    if kind == "altered":
        token = mailed_token[:-2] + "xx"
    elif kind == "address token":
        token = address_tokens.make_address_token(str(owner.public_id), owner.email)
    else:
        User.objects.filter(pk=owner.pk).update(status=UserStatus.SUSPENDED)
    assert error_of(call("auth/password/reset", token=token, password=NEW), 400) == "token_invalid"
    assert User.objects.get(pk=owner.pk).check_password(PASSWORD)


@pytest.mark.django_db
def test_a_weak_password_is_named_and_does_not_spend_the_token(call: Any, mailed_token: str) -> None:
    response = call("auth/password/reset", token=mailed_token, password="short")
    assert error_of(response, 400) == "validation_error"
    assert set(response.json()["error"]["details"]) == {"password"}
    assert call("auth/password/reset", token=mailed_token, password=NEW).status_code == 204


@pytest.mark.django_db
def test_the_answer_tells_nothing_and_strangers_get_no_mail(call: Any, owner: User, outbox: Any) -> None:
    User.objects.filter(pk=owner.pk).update(status=UserStatus.SUSPENDED)
    answers = [call("auth/password/forgot", email=email) for email in (owner.email, "nobody@example.com")]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert outbox() == []


@pytest.mark.django_db
def test_the_mail_proves_the_address_too(call: Any, owner: User, mailed_token: str) -> None:
    User.objects.filter(pk=owner.pk).update(email_verified_at=None)
    call("auth/password/reset", token=mailed_token, password=NEW)
    owner.refresh_from_db()
    assert owner.is_verified_address


@pytest.mark.django_db(transaction=True)
def test_one_token_used_four_times_at_once_sets_one_password(call: Any, mailed_token: str, owner: User) -> None:
    answers = crowd(
        4,
        lambda n: call("auth/password/reset", token=mailed_token, password=f"horse number {n} battery").status_code,
    )
    assert sorted(answers) == [204, 409, 409, 409]
    winner = answers.index(204)
    assert User.objects.get(pk=owner.pk).check_password(f"horse number {winner} battery")
