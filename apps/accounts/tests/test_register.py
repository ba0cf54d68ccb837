"""Registering: the same answer for everybody, another mail for who has an account."""

from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.db import connection
from django.test import override_settings

from apps.accounts.models import User
from apps.accounts.tests.conftest import error_of
from apps.common.models import OutboxEvent
from petwash.settings import base
from petwash.testing.races import crowd

NEW = {
    "email": "New.Person@example.com",
    "password": "a long enough phrase",
    "full_name": "New Person",
    "role": "owner",
}


@pytest.mark.django_db
def test_a_new_address_gets_an_unverified_account_and_a_verification_mail(call: Any, outbox: Any) -> None:
    response = call("auth/register", **NEW)
    assert response.status_code == 202
    user = User.objects.get(email="New.Person@example.com")
    assert (user.role, user.status, user.is_verified_address) == ("owner", "active", False)
    assert user.check_password(NEW["password"])
    [message] = outbox()
    assert message.to == ["New.Person@example.com"]
    assert message.subject == "Confirm your e-mail address"


@pytest.mark.django_db
def test_a_known_address_gets_the_same_answer_and_another_mail(call: Any, owner: User, outbox: Any) -> None:
    fresh = call("auth/register", **NEW)
    known = call("auth/register", **{**NEW, "email": "OWNER@Example.com", "full_name": "Somebody Else"})
    assert (known.status_code, known.json()) == (fresh.status_code, fresh.json())
    assert User.objects.count() == 2
    before, owner_now = owner.password, User.objects.get(pk=owner.pk)
    assert (owner_now.password, owner_now.full_name) == (before, "Olivia Owner")
    subjects = {message.to[0]: message.subject for message in outbox()}
    assert subjects["owner@example.com"] == "You already have a PetWash account"


@pytest.mark.django_db
def test_neither_event_nor_task_carries_an_address_or_a_token(call: Any, outbox: Any) -> None:
    call("auth/register", **NEW)
    payload = OutboxEvent.objects.get(name="accounts.UserRegistered").payload
    assert set(payload) == {"user_id"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "12345678901"}, "password"),
        ({"password": "new.person@example.com"}, "password"),
        ({"email": "nobody"}, "email"),
        ({"role": "staff"}, "role"),
        ({"full_name": "  "}, "full_name"),
        ({"full_name": "New\nPerson"}, "full_name"),
        ({"phone": "call me"}, "phone"),
    ],
)
def test_bad_input_names_the_field_and_makes_nothing(call: Any, change: dict[str, str], field: str) -> None:
    response = call("auth/register", **{**NEW, **change})
    assert error_of(response, 400) == "validation_error"
    assert set(response.json()["error"]["details"]) == {field}
    assert not User.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db
def test_mails_to_one_address_are_limited_whether_or_not_it_has_an_account(call: Any, owner: User) -> None:
    for email in ("owner@example.com", "nobody@example.com"):
        answers = [call("auth/email/resend", email=email) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [202] * 6 + [429]
        assert error_of(answers[-1], 429) == "too_many_attempts"
        assert 0 < int(answers[-1]["Retry-After"]) <= 3600


@pytest.mark.django_db(transaction=True)
def test_registrations_of_one_address_at_once_make_one_account(call: Any) -> None:
    def register(number: int) -> Any:
        return call("auth/register", **{**NEW, "email": f"{'Rush' if number % 2 else 'rush'}@example.com"}).status_code

    codes = crowd(5, register)
    assert codes == [202] * 5
    assert User.objects.count() == 1
    assert OutboxEvent.objects.filter(name="accounts.UserRegistered").count() == 1


def test_passwords_are_hashed_with_argon2() -> None:
    with override_settings(PASSWORD_HASHERS=base.PASSWORD_HASHERS):
        assert identify_hasher(make_password("a long enough phrase")).algorithm == "argon2"


@pytest.mark.django_db
def test_addresses_are_found_through_the_index_on_their_lower_case(owner: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = User.objects.with_address("OWNER@example.com").explain()
    assert "users_email_unique_whatever_case" in plan
