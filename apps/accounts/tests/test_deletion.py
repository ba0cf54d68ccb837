"""Leaving."""

from typing import Any

import pytest

from apps.accounts.models import TOTPDevice, User
from apps.accounts.tests.conftest import error_of
from apps.accounts.tests.factories import PASSWORD
from apps.accounts.types import EnrolledByStaff
from apps.common import privacy
from apps.common.models import AuditEntry, OutboxEvent


@pytest.mark.django_db
def test_a_deleted_person_is_out_at_once_and_leaves_no_personal_value(
    api: Any, call: Any, sign_in: Any, owner: User
) -> None:
    tokens, client = sign_in(owner), api(owner)
    assert client.delete("/api/v1/users/me").status_code == 204
    assert error_of(client.get("/api/v1/users/me"), 401) == "not_authenticated"
    assert error_of(call("auth/refresh", refresh=tokens["refresh"]), 401) == "session_ended"
    assert error_of(call("auth/login", email="owner@example.com", password=PASSWORD), 401) == "invalid_credentials"
    row = User.objects.get(pk=owner.pk)
    assert row.status == "deleted"
    assert (row.full_name, row.phone) == ("Deleted account", "")
    assert row.email == f"{owner.public_id}@deleted.invalid"
    assert not row.has_usable_password()
    assert AuditEntry.objects.filter(action="accounts.deleted").count() == 1
    assert OutboxEvent.objects.filter(name="accounts.UserDeleted").count() == 1


@pytest.mark.django_db
def test_the_second_factor_goes_too(api: Any, owner: User, enrolled: EnrolledByStaff) -> None:
    api(owner).delete("/api/v1/users/me")
    assert not TOTPDevice.objects.exists()
    assert not User.objects.get(pk=owner.pk).two_factor_enabled


@pytest.mark.django_db
def test_the_address_may_register_again(api: Any, call: Any, owner: User) -> None:
    api(owner).delete("/api/v1/users/me")
    body = {"email": "owner@example.com", "password": "a long enough phrase", "full_name": "Olivia", "role": "owner"}
    assert call("auth/register", **body).status_code == 202
    assert User.objects.filter(status="active").count() == 1


@pytest.mark.django_db
def test_what_is_open_elsewhere_stands_in_the_way(api: Any, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "_HOLDERS", dict(privacy._HOLDERS))
    privacy.register(
        "example", export=lambda user: {}, erase=lambda user: None, blocks=lambda user: ["A stay is under way."]
    )
    response = api(owner).delete("/api/v1/users/me")
    assert error_of(response, 409) == "deletion_blocked"
    assert response.json()["error"]["details"] == {"reasons": ["A stay is under way."]}
    row = User.objects.get(pk=owner.pk)
    assert (row.status, row.email) == ("active", "owner@example.com")
