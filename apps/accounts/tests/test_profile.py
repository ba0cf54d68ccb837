"""The person's own profile, password and copy of the data."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.accounts.tests.conftest import error_of
from apps.accounts.tests.factories import PASSWORD
from apps.common.models import AuditEntry

NEW = "another horse battery"


@pytest.mark.django_db
def test_a_profile_is_for_its_owner_alone(api: Any, owner: User) -> None:
    assert error_of(api().get("/api/v1/users/me"), 401) == "not_authenticated"
    assert api(owner).get("/api/v1/users/me").json()["email"] == owner.email


@pytest.mark.django_db
def test_name_and_phone_can_be_changed_and_history_holds_no_value(api: Any, owner: User) -> None:
    response = api(owner).patch("/api/v1/users/me", {"full_name": "Olive Owner", "phone": "+1 415 555 0100"})
    assert response.status_code == 200
    assert (response.json()["full_name"], response.json()["phone"]) == ("Olive Owner", "+1 415 555 0100")
    entry = AuditEntry.objects.get(action="accounts.profile_changed")
    assert entry.facts == {"fields": ["full_name", "phone"]}


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["role", "status", "email", "is_staff", "two_factor_enabled", "nickname"])
def test_nothing_else_can_be_changed_and_it_is_said(api: Any, owner: User, field: str) -> None:
    response = api(owner).patch("/api/v1/users/me", {field: "staff"})
    assert error_of(response, 400) == "validation_error"
    assert set(response.json()["error"]["details"]) == {field}


@pytest.mark.django_db
def test_a_new_password_ends_the_other_sessions(call: Any, sign_in: Any, bearer: Any, owner: User) -> None:
    mine, other = sign_in(owner), sign_in(owner)
    client = bearer(mine["access"])
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert client.put("/api/v1/users/me/password", body).status_code == 204
    assert client.get("/api/v1/users/me").status_code == 200
    assert error_of(call("auth/refresh", refresh=other["refresh"]), 401) == "session_ended"
    assert call("auth/refresh", refresh=mine["refresh"]).status_code == 200
    assert "access" in sign_in(owner, NEW)


@pytest.mark.django_db
def test_a_new_password_takes_the_current_one_and_must_be_good(api: Any, owner: User) -> None:
    client = api(owner)
    wrong = client.put("/api/v1/users/me/password", {"current_password": "wrong", "new_password": NEW})
    assert error_of(wrong, 400) == "wrong_password"
    assert set(wrong.json()["error"]["details"]) == {"current_password"}
    weak = client.put("/api/v1/users/me/password", {"current_password": PASSWORD, "new_password": "short"})
    assert error_of(weak, 400) == "validation_error"
    assert set(weak.json()["error"]["details"]) == {"new_password"}
    assert User.objects.get(pk=owner.pk).check_password(PASSWORD)


@pytest.mark.django_db
def test_a_stolen_session_cannot_guess_the_password(api: Any, owner: User) -> None:
    client = api(owner)
    body = {"current_password": "wrong", "new_password": NEW}
    codes = [client.put("/api/v1/users/me/password", body).status_code for _ in range(6)]
    assert codes == [400] * 5 + [429]


@pytest.mark.django_db
def test_the_export_holds_the_profile_and_the_sessions_and_no_secret(api: Any, owner: User) -> None:
    response = api(owner).get("/api/v1/users/me/export")
    assert response.status_code == 200
    section = response.json()["sections"]["accounts"]
    assert section["profile"]["email"] == owner.email
    assert [row["proofs"] for row in section["sessions"]] == [["pwd"]]
    assert owner.password not in response.content.decode()


@pytest.mark.django_db
def test_a_request_asks_for_the_person_and_the_session_in_one_query(
    api: Any, owner: User, django_assert_num_queries: Any
) -> None:
    client = api(owner)
    with django_assert_num_queries(1):
        client.get("/api/v1/users/me")
