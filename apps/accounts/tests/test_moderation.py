"""Suspending and reactivating."""

from typing import Any

import pytest

from apps.accounts.models import SessionFamily, User
from apps.accounts.services import moderation
from apps.accounts.tests.conftest import error_of
from apps.common.errors import Conflict, InvalidInput
from apps.common.models import AuditEntry, OutboxEvent
from petwash.testing.races import crowd


@pytest.mark.django_db
def test_suspending_ends_the_sessions_and_leaves_an_audit_row(
    call: Any, sign_in: Any, bearer: Any, agent: User, owner: User
) -> None:
    tokens = sign_in(owner)
    moderation.suspend(actor=agent, user=owner, reason=" Took payment outside. ")
    assert error_of(bearer(tokens["access"]).get("/api/v1/users/me"), 401) == "not_authenticated"
    assert error_of(call("auth/refresh", refresh=tokens["refresh"]), 401) == "session_ended"
    entry = AuditEntry.objects.get(action="accounts.suspended")
    assert (entry.actor_id, entry.subject, entry.reason) == (
        agent.pk,
        f"user:{owner.public_id}",
        "Took payment outside.",
    )


@pytest.mark.django_db
def test_a_reactivated_person_signs_in_anew(call: Any, sign_in: Any, agent: User, owner: User) -> None:
    tokens = sign_in(owner)
    moderation.suspend(actor=agent, user=owner, reason="A mistake.")
    moderation.reactivate(actor=agent, user=owner, reason="It was a mistake.")
    assert error_of(call("auth/refresh", refresh=tokens["refresh"]), 401) == "session_ended"
    assert "access" in sign_in(owner)


@pytest.mark.django_db
def test_no_reason_no_change(agent: User, owner: User) -> None:
    with pytest.raises(InvalidInput) as refusal:
        moderation.suspend(actor=agent, user=owner, reason="  ")
    assert set(refusal.value.details) == {"reason"}
    assert User.objects.get(pk=owner.pk).status == "active"
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db
def test_a_repeat_and_oneself_are_refused(agent: User, owner: User) -> None:
    moderation.suspend(actor=agent, user=owner, reason="Because.")
    with pytest.raises(Conflict, match="not active"):
        moderation.suspend(actor=agent, user=owner, reason="Because.")
    with pytest.raises(Conflict, match="Ask a colleague"):
        moderation.suspend(actor=agent, user=agent, reason="Because.")
    assert AuditEntry.objects.filter(action="accounts.suspended").count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_session_survives_a_suspension_at_the_same_moment(
    call: Any, sign_in: Any, bearer: Any, agent: User, owner: User
) -> None:
    from apps.accounts.tests.factories import PASSWORD

    def rush(number: int) -> Any:
        if number == 0:
            return moderation.suspend(actor=agent, user=owner, reason="Because.")
        return call("auth/login", email=owner.email, password=PASSWORD, address=f"192.0.2.{number}")

    answers = [answer for answer in crowd(8, rush) if answer is not None]
    assert not SessionFamily.objects.open().exists()
    for answer in answers:
        assert answer.status_code in (200, 401)
        if answer.status_code == 200:
            assert bearer(answer.json()["access"]).get("/api/v1/users/me").status_code == 401
            assert call("auth/refresh", refresh=answer.json()["refresh"]).status_code == 401
