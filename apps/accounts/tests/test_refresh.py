"""Refresh tokens: one use each, a family that ends when one is used twice."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.accounts.models import SessionFamily, User
from apps.accounts.states import UserStatus
from apps.accounts.tests.conftest import error_of
from apps.common.clock import real_now
from apps.common.models import AuditEntry
from petwash.testing.races import crowd


@pytest.mark.django_db
def test_a_refresh_rotates_both_tokens(call: Any, sign_in: Any, bearer: Any, owner: User) -> None:
    first = sign_in(owner)
    second = call("auth/refresh", refresh=first["refresh"])
    assert second.status_code == 200
    assert set(second.json()) == {"access", "refresh"}
    assert second.json()["refresh"] != first["refresh"]
    assert bearer(second.json()["access"]).get("/api/v1/users/me").status_code == 200
    third = call("auth/refresh", refresh=second.json()["refresh"])
    assert third.status_code == 200


@pytest.mark.django_db
def test_a_reused_token_ends_the_whole_family(call: Any, sign_in: Any, bearer: Any, owner: User) -> None:
    first, other = sign_in(owner), sign_in(owner)
    second = call("auth/refresh", refresh=first["refresh"]).json()
    assert error_of(call("auth/refresh", refresh=first["refresh"]), 401) == "token_reused"
    assert error_of(call("auth/refresh", refresh=second["refresh"]), 401) == "session_ended"
    assert error_of(bearer(second["access"]).get("/api/v1/users/me"), 401) == "not_authenticated"
    assert call("auth/refresh", refresh=other["refresh"]).status_code == 200
    assert AuditEntry.objects.filter(action="accounts.refresh_reused").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_parallel_refreshes_exactly_one_succeeds(call: Any, sign_in: Any, owner: User) -> None:
    token = sign_in(owner)["refresh"]
    codes = crowd(8, lambda _: call("auth/refresh", refresh=token).status_code)
    assert sorted(codes) == [200] + [401] * 7
    assert SessionFamily.objects.get().end_reason == "reused"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "code"), [(UserStatus.SUSPENDED, "account_suspended"), (UserStatus.DELETED, "account_deleted")]
)
def test_an_inactive_person_gets_401_and_keeps_no_session(
    call: Any, sign_in: Any, bearer: Any, owner: User, status: str, code: str
) -> None:
    tokens = sign_in(owner)
    User.objects.filter(pk=owner.pk).update(status=status)
    assert error_of(bearer(tokens["access"]).get("/api/v1/users/me"), 401) == "not_authenticated"
    assert error_of(call("auth/refresh", refresh=tokens["refresh"]), 401) == code
    User.objects.filter(pk=owner.pk).update(status=UserStatus.ACTIVE)
    assert error_of(call("auth/refresh", refresh=tokens["refresh"]), 401) == "session_ended"


@pytest.mark.django_db
def test_a_person_whose_row_is_gone_gets_401(call: Any, sign_in: Any, bearer: Any, owner: User) -> None:
    tokens = sign_in(owner)
    User.objects.filter(pk=owner.pk).delete()
    assert error_of(call("auth/refresh", refresh=tokens["refresh"]), 401) == "session_ended"
    assert error_of(bearer(tokens["access"]).get("/api/v1/users/me"), 401) == "not_authenticated"


@pytest.mark.django_db
def test_tokens_expire(call: Any, sign_in: Any, bearer: Any, owner: User) -> None:
    tokens = sign_in(owner)
    with time_machine.travel(real_now() + timedelta(minutes=15, seconds=1), tick=False):
        assert error_of(bearer(tokens["access"]).get("/api/v1/users/me"), 401) == "not_authenticated"
        tokens = call("auth/refresh", refresh=tokens["refresh"]).json()
    with time_machine.travel(real_now() + timedelta(days=7, minutes=16), tick=False):
        assert error_of(call("auth/refresh", refresh=tokens["refresh"]), 401) == "token_expired"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["nonsense", "access", "altered", "unicode"])
def test_what_is_no_refresh_token_is_refused(call: Any, sign_in: Any, owner: User, kind: str) -> None:
    tokens = sign_in(owner)
    text = {
        "nonsense": "abc",
        "access": tokens["access"],
        "altered": tokens["refresh"][:-4] + "AAAA",
        "unicode": "é.ü.ñ",
    }[kind]
    assert error_of(call("auth/refresh", refresh=text), 401) == "token_invalid"


@pytest.mark.django_db
def test_a_missing_token_names_the_field(call: Any) -> None:
    response = call("auth/refresh")
    assert error_of(response, 400) == "validation_error"
    assert "refresh" in response.json()["error"]["details"]
