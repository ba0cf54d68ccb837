"""Signing in with a password: what it yields, and what a guesser gets."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.accounts.models import AttemptCounter, User
from apps.accounts.states import UserStatus
from apps.accounts.tests.conftest import error_of
from apps.accounts.tests.factories import PASSWORD
from apps.common.clock import real_now
from petwash.testing.races import crowd


@pytest.mark.django_db
def test_a_right_password_yields_tokens_and_the_person(call: Any, bearer: Any, owner: User) -> None:
    response = call("auth/login", email=" OWNER@example.com ", password=PASSWORD)
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"access", "refresh", "user"}
    assert body["user"]["id"] == str(owner.public_id)
    assert set(body["user"]) == {
        "id",
        "email",
        "full_name",
        "phone",
        "role",
        "status",
        "email_verified",
        "two_factor_enabled",
        "created_at",
    }
    assert bearer(body["access"]).get("/api/v1/users/me").json() == body["user"]


@pytest.mark.django_db
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(call: Any, owner: User) -> None:
    wrong = call("auth/login", email=owner.email, password="not this one")
    unknown = call("auth/login", email="nobody@example.com", password=PASSWORD)
    assert error_of(wrong, 401) == "invalid_credentials"
    assert wrong.json() == unknown.json()


@pytest.mark.django_db
def test_a_suspended_person_learns_it_only_with_the_right_password(call: Any, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(status=UserStatus.SUSPENDED)
    assert error_of(call("auth/login", email=owner.email, password="not this one"), 401) == "invalid_credentials"
    assert error_of(call("auth/login", email=owner.email, password=PASSWORD), 401) == "account_suspended"


@pytest.mark.django_db
def test_five_wrong_passwords_lock_the_address_out_of_the_account_for_a_while(call: Any, owner: User) -> None:
    for _ in range(5):
        assert error_of(call("auth/login", email=owner.email, password="wrong"), 401) == "invalid_credentials"
    locked = call("auth/login", email=owner.email.upper(), password=PASSWORD)
    assert error_of(locked, 429) == "too_many_attempts"
    assert 0 < int(locked["Retry-After"]) <= 900
    assert locked.json()["error"]["details"]["retry_after_seconds"] == int(locked["Retry-After"])
    # Neither another address nor another account is locked.
    assert call("auth/login", email=owner.email, password=PASSWORD, address="198.51.100.7").status_code == 200
    with time_machine.travel(real_now() + timedelta(seconds=901), tick=False):
        assert call("auth/login", email=owner.email, password=PASSWORD).status_code == 200


@pytest.mark.django_db
def test_a_right_password_forgets_the_wrong_ones(call: Any, owner: User) -> None:
    for _ in range(3):
        for _ in range(4):
            call("auth/login", email=owner.email, password="wrong")
        assert call("auth/login", email=owner.email, password=PASSWORD).status_code == 200


@pytest.mark.django_db
def test_one_address_that_tries_many_accounts_is_locked_out_of_all(call: Any, owner: User) -> None:
    for number in range(100):
        call("auth/login", email=f"guess{number}@example.com", password="wrong")
    assert error_of(call("auth/login", email=owner.email, password=PASSWORD), 429) == "too_many_attempts"


@pytest.mark.django_db(transaction=True)
def test_guesses_in_parallel_do_not_get_past_the_limit(call: Any, owner: User) -> None:
    codes = crowd(12, lambda _: call("auth/login", email=owner.email, password="wrong").status_code)
    assert sorted(codes) == [401] * 5 + [429] * 7


@pytest.mark.django_db(transaction=True)
def test_right_passwords_in_parallel_are_all_let_in(call: Any, owner: User) -> None:
    codes = crowd(12, lambda _: call("auth/login", email=owner.email, password=PASSWORD).status_code)
    assert codes == [200] * 12


@pytest.mark.django_db
def test_counters_name_nobody(call: Any, owner: User) -> None:
    call("auth/login", email=owner.email, password="wrong")
    for row in AttemptCounter.objects.all():
        assert len(row.digest) == 64
        assert "owner" not in row.digest


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"email": "owner@example.com"}, {"password": "x"}, {"email": [], "password": {}}])
def test_a_missing_field_is_named(call: Any, body: dict[str, Any]) -> None:
    response = call("auth/login", **body)
    assert error_of(response, 400) == "validation_error"
    assert set(response.json()["error"]["details"]) <= {"email", "password"}


@pytest.mark.django_db
def test_a_password_with_a_null_character_is_refused_by_name(call: Any, owner: User) -> None:
    response = call("auth/login", email=owner.email, password="a\x00b")
    assert error_of(response, 400) == "validation_error"
    assert set(response.json()["error"]["details"]) == {"password"}
