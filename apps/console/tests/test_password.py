"""A password that is changed in the console is changed as the API changes it."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.tests.factories import PASSWORD
from apps.common.models import AuditEntry

pytestmark = pytest.mark.django_db
NEW = "a quite different sentence"


def change(client: Client, old: str, new: str) -> Any:
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/admin/password_change/", fields)


def test_the_service_changes_it_and_this_session_stays(console: Client, operator: Any) -> None:
    assert change(console, PASSWORD, NEW).status_code == 302
    operator.refresh_from_db()
    assert operator.check_password(NEW)
    assert AuditEntry.objects.filter(action="accounts.password_changed").count() == 1
    assert console.get("/admin/").status_code == 200


@pytest.mark.parametrize(("old", "new"), [("wrong", NEW), (PASSWORD, "short"), (PASSWORD, "1234567890123")])
def test_a_wrong_or_weak_one_changes_nothing(console: Client, operator: Any, old: str, new: str) -> None:
    assert change(console, old, new).status_code == 200
    operator.refresh_from_db()
    assert operator.check_password(PASSWORD)


def test_guesses_are_limited(console: Client, operator: Any) -> None:
    for _ in range(5):
        change(console, "wrong", NEW)
    assert "Too many attempts" in change(console, PASSWORD, NEW).content.decode()
    operator.refresh_from_db()
    assert operator.check_password(PASSWORD)
