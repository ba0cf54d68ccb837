"""The console shows the books and lets nobody touch them; more rows ask no more queries."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from apps.ledger.models import Account, Balance, Entry, Journal
from apps.ledger.tests.conftest import capture

pytestmark = pytest.mark.django_db
SHOWN: list[type[Model]] = [Journal, Entry, Account, Balance]


@pytest.fixture
def request_of_staff(agent: Any) -> Any:
    """A page view by a superuser with a second factor."""
    agent.is_verified = lambda: True
    request = RequestFactory().get("/admin/")
    request.user = agent
    return request


def queries_of(model: type[Model], request: Any) -> int:
    """Show the list and return how many queries that took."""
    with CaptureQueriesContext(connection) as queries:
        answer: Any = admin.site._registry[model].changelist_view(request)
        answer.render()
    return len(queries)


def test_lists_ask_the_same_for_more_rows(request_of_staff: Any) -> None:
    capture("k0")
    few = {model: queries_of(model, request_of_staff) for model in SHOWN}
    for number in range(1, 5):
        capture(f"k{number}")

    assert {model: queries_of(model, request_of_staff) for model in SHOWN} == few


@pytest.mark.parametrize("model", SHOWN)
def test_nothing_can_be_added_changed_or_deleted(model: type[Model], request_of_staff: Any) -> None:
    page = admin.site._registry[model]

    assert not page.has_add_permission(request_of_staff)
    assert not page.has_change_permission(request_of_staff)
    assert not page.has_delete_permission(request_of_staff)


def test_a_journals_page_shows_its_legs(request_of_staff: Any) -> None:
    capture()
    journal = Journal.objects.get()

    answer: Any = admin.site._registry[Journal].change_view(request_of_staff, str(journal.pk))

    shown = answer.render().content
    assert b"escrow:booking-1" in shown
    assert b"100.00 USD" in shown
