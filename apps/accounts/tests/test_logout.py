"""Signing out."""

from typing import Any

import pytest

from apps.accounts.models import SessionFamily, User
from apps.accounts.tests.conftest import error_of


@pytest.mark.django_db
def test_logout_ends_the_session_with_both_its_tokens(call: Any, sign_in: Any, bearer: Any, owner: User) -> None:
    tokens, other = sign_in(owner), sign_in(owner)
    assert call("auth/logout", refresh=tokens["refresh"]).status_code == 204
    assert error_of(call("auth/refresh", refresh=tokens["refresh"]), 401) == "session_ended"
    assert error_of(bearer(tokens["access"]).get("/api/v1/users/me"), 401) == "not_authenticated"
    assert bearer(other["access"]).get("/api/v1/users/me").status_code == 200


@pytest.mark.django_db
def test_logout_again_or_with_nonsense_changes_nothing(call: Any, sign_in: Any, owner: User) -> None:
    tokens = sign_in(owner)
    call("auth/logout", refresh=tokens["refresh"])
    ended_at = SessionFamily.objects.get().ended_at
    assert call("auth/logout", refresh=tokens["refresh"]).status_code == 204
    assert call("auth/logout", refresh="nonsense").status_code == 204
    assert SessionFamily.objects.get().ended_at == ended_at
    assert SessionFamily.objects.get().end_reason == "logout"


@pytest.mark.django_db
def test_logout_works_with_a_bearer_token_that_has_ended(call: Any, sign_in: Any, bearer: Any, owner: User) -> None:
    tokens = sign_in(owner)
    client = bearer(tokens["access"])
    body = {"refresh": tokens["refresh"]}
    assert client.post("/api/v1/auth/logout", body).status_code == 204
    assert client.post("/api/v1/auth/logout", body).status_code == 204
