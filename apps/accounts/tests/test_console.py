"""People in the console."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.tests.factories import UserFactory
from apps.common.models import AuditEntry
from petwash.testing.staff import console, member_of

LIST = "/admin/accounts/user/"


def choose(client: Client, action: str, *people: User, **data: str) -> Any:
    body = {"action": action, ACTION_CHECKBOX_NAME: [str(person.pk) for person in people], **data}
    return client.post(LIST, body, follow=True)


@pytest.mark.django_db
def test_suspending_asks_for_a_reason_first(agent: User, owner: User) -> None:
    client = console(agent)
    asked = choose(client, "suspend", owner)
    assert asked.status_code == 200
    assert 'name="reason"' in asked.content.decode()
    assert User.objects.get(pk=owner.pk).status == "active"
    done = choose(client, "suspend", owner, reason="Took payment outside.")
    assert done.status_code == 200
    assert User.objects.get(pk=owner.pk).status == "suspended"
    entry = AuditEntry.objects.get(action="accounts.suspended")
    assert (entry.actor_id, entry.reason) == (agent.pk, "Took payment outside.")
    choose(client, "reactivate", owner, reason="It was a mistake.")
    assert User.objects.get(pk=owner.pk).status == "active"


@pytest.mark.django_db
def test_a_refusal_is_told_and_the_others_are_done(agent: User, owner: User, stranger: User) -> None:
    User.objects.filter(pk=owner.pk).update(status="suspended")
    page = choose(console(agent), "suspend", owner, stranger, reason="Because.").content.decode()
    assert "owner@example.com: This account is not active." in page
    assert User.objects.get(pk=stranger.pk).status == "suspended"
    assert AuditEntry.objects.filter(action="accounts.suspended").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("group", "sees", "moderates"),
    [
        ("Operations", True, False),
        ("Support", True, False),
        ("Trust & Safety", True, True),
        ("Finance", False, False),
    ],
)
def test_each_group_has_what_it_needs_and_no_more(owner: User, group: str, sees: bool, moderates: bool) -> None:
    client = console(member_of(group))
    page = client.get(LIST)
    assert (page.status_code == 200) == sees
    choose(client, "suspend", owner, reason="Because.")
    assert (User.objects.get(pk=owner.pk).status == "suspended") == moderates


@pytest.mark.django_db
def test_the_page_of_a_person_shows_no_secret_and_changes_nothing(agent: User, owner: User) -> None:
    client = console(agent)
    page = client.get(reverse("admin:accounts_user_change", args=[owner.pk]))
    assert page.status_code == 200
    assert owner.password not in page.content.decode()
    assert "argon2" not in page.content.decode()
    client.post(reverse("admin:accounts_user_change", args=[owner.pk]), {"full_name": "Hacked"})
    assert User.objects.get(pk=owner.pk).full_name == "Olivia Owner"


@pytest.mark.django_db
def test_more_people_do_not_mean_more_queries(agent: User, django_assert_max_num_queries: Any) -> None:
    client = console(agent)
    client.get(LIST)
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(20) as queries:
            assert client.get(LIST).status_code == 200
        counts.append(len(queries))
        UserFactory.create_batch(15)
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_search_finds_the_beginning_of_an_address(agent: User, owner: User, stranger: User) -> None:
    page = console(agent).get(LIST, {"q": "OWNER@"}).content.decode()
    assert "owner@example.com" in page
    assert "stranger@example.com" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["   ", "x" * 201])
def test_a_reason_that_is_none_or_too_long_is_asked_for_again(agent: User, owner: User, reason: str) -> None:
    page = choose(console(agent), "suspend", owner, reason=reason).content.decode()
    assert 'name="reason"' in page
    assert ("The reason needs 1 to 200 characters." in page) == (len(reason) > 200)
    assert User.objects.get(pk=owner.pk).status == "active"
