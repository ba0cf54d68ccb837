"""The queue in the console: cases in review first, decisions through the service."""

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory

from apps.accounts.tests.factories import SitterUserFactory
from apps.sitters.models import SitterProfile, VettingCase
from apps.sitters.tests.test_case_decisions import REASON
from petwash.testing.staff import member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    return admin.site.get_model_admin(VettingCase)


def as_staff(user, data=None):
    request = RequestFactory().post("/admin/", data) if data is not None else RequestFactory().get("/admin/")
    request.user = user
    setattr(request, "session", {})  # noqa: B010 - what the middleware would set
    setattr(request, "_messages", FallbackStorage(request))  # noqa: B010 - the same
    return request


def test_cases_in_review_come_first_in_queries_that_do_not_grow(queue, agent, vet, django_assert_num_queries):
    waiting = vet(SitterUserFactory.create(), "Consider")
    cleared = [vet(SitterUserFactory.create()) for _ in range(3)]
    with django_assert_num_queries(3):  # the count of the page, the cases, their checks
        page = queue.changelist_view(as_staff(agent))
        page.render()
    rows = list(page.context_data["cl"].result_list)
    assert rows == [waiting, *reversed(cleared)]
    assert "Criminal history: Consider" in page.rendered_content


def test_a_decision_asks_for_the_reason_first(queue, agent, sitter_user, vet):
    case = vet(sitter_user, "Consider")
    page = queue.reject(as_staff(agent, {}), VettingCase.objects.all())
    page.render()
    assert 'name="reason"' in page.rendered_content
    case.refresh_from_db()
    assert case.status == "in_review"


@pytest.mark.parametrize(("action", "status"), [("clear", "cleared"), ("reject", "rejected")])
def test_a_decision_with_a_reason_is_made(queue, agent, sitter_user, vet, action, status):
    vet(sitter_user, "Consider")
    request = as_staff(agent, {"reason": REASON})
    assert getattr(queue, action)(request, VettingCase.objects.all()) is None
    assert SitterProfile.objects.get().vetting_status == status
    assert [str(message) for message in get_messages(request)] == [f"1 done: {action}."]


def test_a_refusal_is_shown_and_changes_nothing(queue, agent, sitter_user, vet):
    vet(sitter_user, "Consider")
    request = as_staff(agent, {"reason": "short"})
    queue.clear(request, VettingCase.objects.all())
    assert SitterProfile.objects.get().vetting_status == "in_review"
    [message] = get_messages(request)
    assert "reason" in str(message)


@pytest.mark.parametrize(
    ("group", "cases", "sitters"),
    [
        ("Trust & Safety", True, True),
        ("Operations", False, True),
        ("Support", False, True),
        ("Finance", False, False),
    ],
)
def test_who_sees_what(queue, group, cases, sitters):
    request = as_staff(member_of(group))
    profiles = admin.site.get_model_admin(SitterProfile)
    assert (queue.has_view_permission(request), queue.has_decide_permission(request)) == (cases, cases)
    assert profiles.has_view_permission(request) is sitters
    for screen in (queue, profiles):
        assert not screen.has_add_permission(request)
        assert not screen.has_change_permission(request)
        assert not screen.has_delete_permission(request)


def test_only_who_decides_is_offered_the_actions(queue):
    assert {"clear", "reject"} <= set(queue.get_actions(as_staff(member_of("Trust & Safety"))))
    assert {"clear", "reject"}.isdisjoint(queue.get_actions(as_staff(member_of("Support"))))
