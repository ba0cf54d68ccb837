"""Who belongs to the staff: administrators decide, at the console and at the server's command line."""

import re
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.accounts.services import staffing
from apps.accounts.tests.conftest import error_of
from apps.accounts.tests.factories import StaffFactory
from apps.common.errors import Conflict, Forbidden, InvalidInput
from apps.common.models import AuditEntry, OutboxEvent
from petwash.testing.races import crowd
from petwash.testing.staff import console, member_of

LIST = "/admin/accounts/user/"


@pytest.fixture
def administrator(db: None) -> User:
    return StaffFactory.create(is_superuser=True)


@pytest.fixture
def clerk(db: None) -> User:
    person: User = member_of("Support")
    return person


def seen_on(page: str) -> dict[str, str]:
    """Return what the form says of what it showed."""
    return {"seen": re.findall(r'name="seen" value="(\w+)"', page)[0]}


def groups_of(person: User) -> list[str]:
    return sorted(User.objects.get(pk=person.pk).groups.values_list("name", flat=True))


def test_an_invited_person_gets_a_link_and_the_named_groups_alone(administrator: User) -> None:
    new = staffing.invite(
        actor=administrator,
        email="fay@petwash.example",
        full_name="Fay Moss",
        groups=["Finance"],
        reason="Starts Monday",
    )
    assert (new.is_staff, new.is_superuser, new.role, groups_of(new)) == (True, False, "staff", ["Finance"])
    assert not new.has_usable_password()
    assert [event.name for event in OutboxEvent.objects.all()] == ["accounts.PasswordResetRequested"]
    entry = AuditEntry.objects.get(action="accounts.staff_invited")
    assert (entry.actor_id, entry.subject, entry.facts) == (
        administrator.pk,
        f"user:{new.public_id}",
        {"groups": ["Finance"]},
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [({"groups": []}, "groups"), ({"groups": ["Kings"]}, "groups"), ({"reason": " "}, "reason")],
)
def test_a_wrong_invitation_leaves_nothing(administrator: User, change: dict[str, Any], field: str) -> None:
    right = {"email": "fay@petwash.example", "full_name": "Fay", "groups": ["Finance"], "reason": "Starts Monday"}
    with pytest.raises(InvalidInput) as refusal:
        staffing.invite(actor=administrator, **{**right, **change})
    assert set(refusal.value.details) == {field}
    assert not User.objects.filter(email="fay@petwash.example").exists()
    assert not OutboxEvent.objects.exists()


def test_an_owner_does_not_become_staff_under_the_same_address(administrator: User, owner: User) -> None:
    with pytest.raises(Conflict) as taken:
        staffing.invite(actor=None, email=owner.email.upper(), full_name="A", groups=["Finance"], reason="Joins us")
    with pytest.raises(Conflict) as refused:
        staffing.set_groups(actor=administrator, user=owner, groups=["Finance"], reason="Joins us")
    assert (taken.value.code, refused.value.code) == ("address_has_account", "not_staff")
    assert groups_of(owner) == []


def test_groups_are_set_to_exactly_these_and_count_with_the_next_request(administrator: User, clerk: User) -> None:
    page = console(clerk)
    assert page.get("/admin/ledger/journal/").status_code == 403
    staffing.set_groups(actor=administrator, user=clerk, groups=["Finance"], reason="Moves over")
    assert groups_of(clerk) == ["Finance"]
    assert page.get("/admin/ledger/journal/").status_code == 200


def test_without_a_group_nobody_is_staff_and_the_sessions_end(
    administrator: User, clerk: User, sign_in: Any, bearer: Any
) -> None:
    tokens, page = sign_in(clerk), console(clerk)
    staffing.set_groups(actor=administrator, user=clerk, groups=[], reason="Left us")
    assert not User.objects.get(pk=clerk.pk).is_staff
    assert error_of(bearer(tokens["access"]).get("/api/v1/users/me"), 401) == "not_authenticated"
    assert page.get(LIST).status_code == 302
    staffing.set_groups(actor=administrator, user=clerk, groups=["Support"], reason="Came back")
    assert User.objects.get(pk=clerk.pk).is_staff


def test_nobody_but_an_administrator_and_nobody_for_themselves(administrator: User, clerk: User) -> None:
    for member, person, code in (
        (clerk, clerk, "administrators_only"),
        (clerk, administrator, "administrators_only"),
        (administrator, administrator, "own_groups"),
        (None, administrator, "administrator"),
    ):
        with pytest.raises((Forbidden, Conflict)) as refusal:
            staffing.set_groups(actor=member, user=person, groups=["Finance"], reason="Why not")
        assert refusal.value.code == code
    assert not AuditEntry.objects.filter(action="accounts.staff_groups_set").exists()


def test_the_console_shows_the_groups_of_now_and_sets_the_ticked_ones(administrator: User, clerk: User) -> None:
    page, chosen = console(administrator), {"action": "set_groups", ACTION_CHECKBOX_NAME: [str(clerk.pk)]}
    asked = page.post(LIST, chosen).content.decode()
    assert 'value="Support" checked' in asked
    assert 'value="Finance">' in asked
    answer = {**chosen, **seen_on(asked), "ticked": ["Finance", "Operations", "Kings"], "reason": "Helps out"}
    assert page.post(LIST, answer, follow=True).status_code == 200
    assert groups_of(clerk) == ["Finance", "Operations"]


def test_a_reason_that_is_too_long_costs_nobody_the_ticks(administrator: User, clerk: User) -> None:
    page, chosen = console(administrator), {"action": "set_groups", ACTION_CHECKBOX_NAME: [str(clerk.pk)]}
    asked = seen_on(page.post(LIST, chosen).content.decode())
    again = page.post(LIST, {**chosen, **asked, "ticked": ["Finance"], "reason": "a" * 201}).content.decode()
    assert 'value="Finance" checked' in again
    assert 'value="Support">' in again
    assert groups_of(clerk) == ["Support"]


@pytest.mark.parametrize("reason", ["Helps out", "a" * 201, ""])
def test_a_form_that_a_colleague_was_quicker_than_changes_nothing(
    administrator: User, clerk: User, reason: str
) -> None:
    """It is shown again with what is ticked now, and can then be sent."""
    page, chosen = console(administrator), {"action": "set_groups", ACTION_CHECKBOX_NAME: [str(clerk.pk)]}
    asked = seen_on(page.post(LIST, chosen).content.decode())
    staffing.set_groups(actor=None, user=clerk, groups=["Finance"], reason="Moves over")
    mine = {**chosen, "ticked": ["Operations", "Support"]}
    again = page.post(LIST, {**mine, **asked, "reason": reason}).content.decode()
    assert "It has changed since this page was shown." in again
    assert ('value="Finance" checked' in again, 'value="Operations">' in again) == (True, True)
    assert groups_of(clerk) == ["Finance"]
    page.post(LIST, {**mine, **seen_on(again), "reason": "Helps out"})
    assert groups_of(clerk) == ["Operations", "Support"]


def test_a_form_that_shows_nothing_is_not_carried_out(administrator: User, clerk: User) -> None:
    chosen = {"action": "set_groups", ACTION_CHECKBOX_NAME: [str(clerk.pk)], "ticked": ["Finance"], "reason": "Why"}
    assert "It has changed" in console(administrator).post(LIST, chosen).content.decode()
    assert groups_of(clerk) == ["Support"]


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_at_once_one_is_refused(administrator: User, clerk: User) -> None:
    def decide(number: int) -> list[str]:
        group = ("Finance", "Operations")[number]
        return staffing.set_groups(actor=None, user=clerk, groups=[group], reason="Moves", was=["Support"])

    first, second = crowd(2, decide)
    assert (first == ["Support"]) != (second == ["Support"])
    assert "changed_meanwhile" in (first, second)
    assert groups_of(clerk) == (["Finance"] if first == ["Support"] else ["Operations"])
    assert AuditEntry.objects.get(action="accounts.staff_groups_set").facts == {
        "before": ["Support"],
        "groups": groups_of(clerk),
    }


def test_the_console_offers_it_to_administrators_alone(clerk: User) -> None:
    trusted = member_of("Trust & Safety")
    chosen = {"action": "set_groups", ACTION_CHECKBOX_NAME: [str(clerk.pk)], "ticked": ["Finance"], "reason": "Why"}
    console(trusted).post(LIST, chosen, follow=True)
    assert groups_of(clerk) == ["Support"]


def test_the_command_invites_moves_and_takes_away(db: None) -> None:
    said = StringIO()
    call_command("staff", "fay@petwash.example", groups="Finance", reason="New", invite="Fay Moss", stdout=said)
    fay = User.objects.get(email="fay@petwash.example")
    assert groups_of(fay) == ["Finance"]
    call_command("staff", "FAY@petwash.example", groups="Support, Operations", reason="Moves", stdout=said)
    assert groups_of(fay) == ["Operations", "Support"]
    call_command("staff", "fay@petwash.example", reason="Left", stdout=said)
    assert groups_of(fay) == []
    assert (
        said.getvalue().splitlines()[-1]
        == "fay@petwash.example: no group, and staff no more. Before: Operations, Support."
    )


def test_the_command_changes_only_what_was_looked_at(clerk: User) -> None:
    with pytest.raises(CommandError, match="have changed meanwhile, to Support"):
        call_command("staff", clerk.email, groups="Finance", was="Operations", reason="Moves")
    assert groups_of(clerk) == ["Support"]
    call_command("staff", clerk.email, groups="Finance", was="Support", reason="Moves", stdout=StringIO())
    assert groups_of(clerk) == ["Finance"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"email": "nobody@petwash.example"}, "--invite"),
        ({"email": "no address", "invite": "Fay"}, "no e-mail address"),
        ({"email": "fay@petwash.example", "invite": "Fay", "groups": "Kings"}, "There are: Finance, Operations"),
        ({"email": "owner@example.com", "groups": "Finance"}, "Invite the person"),
    ],
)
def test_the_command_says_what_to_do_instead(owner: User, arguments: dict[str, str], says: str) -> None:
    email = arguments.pop("email")
    with pytest.raises(CommandError, match=says):
        call_command("staff", email, reason="Because", **arguments)
