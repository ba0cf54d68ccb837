"""Every list of the console and a page of each: readable, and no query more for more rows."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.tests.factories import UserFactory
from apps.bookings import services as bookings
from apps.bookings.models import Booking
from apps.bookings.tests.factories import VISA, make_booking, make_sitter
from apps.common import audit
from apps.common.console_columns import name_column
from apps.common.models import AuditEntry
from apps.common.money import Money

pytestmark = pytest.mark.django_db
LISTS = [f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]
GROWING = (
    "bookings_booking",
    "escrow_hold",
    "accounts_user",
    "common_auditentry",
    "sitters_sitterprofile",
    "pets_pet",
)


def page_of(name: str) -> str:
    return reverse(f"admin:{name}_changelist")


def stay() -> Booking:
    """A booking with a hold, its people, and an audit row of its owner."""
    owner = UserFactory.create()
    booking = make_booking(owner, make_sitter(UserFactory.create(role="sitter")))
    audit.record(owner, "booking.looked_at", booking.reference)
    return booking


def cost(client: Client, name: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page_of(name)).status_code == 200
    return len(queries)


@pytest.fixture
def paid(stripe_sandbox: Any) -> Booking:
    """A stay whose money has moved: the ledger and the payments have rows."""
    booking = stay()
    bookings.deposit(actor=booking.owner, booking_id=str(booking.public_id), payment_method=VISA)
    return booking


@pytest.mark.parametrize("name", GROWING)
def test_more_rows_do_not_mean_more_queries(console: Client, name: str) -> None:
    stay()
    cost(console, name)
    few = cost(console, name)
    for _ in range(3):
        stay()
    assert cost(console, name) == few


def test_lists_and_pages_speak_of_things_and_not_of_objects(console: Client, paid: Booking) -> None:
    seen = 0
    for model in admin.site._registry:
        opts = model._meta
        listed = console.get(page_of(f"{opts.app_label}_{opts.model_name}"))
        pages = [listed.content.decode()]
        row = model._default_manager.first()
        if row is not None:
            seen += 1
            change = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
            pages.append(console.get(change).content.decode())
        for page in pages:
            assert " object (" not in page, opts.label
            assert "Actor id" not in page, opts.label
    assert seen > 12


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("words", ["nobody", "01a1fd57-9f52-7265-959b-53a796c0a0f7", "%'\\"])
def test_any_words_may_be_searched_for(console: Client, name: str, words: str) -> None:
    assert console.get(page_of(name), {"q": words}).status_code == 200


def test_a_hold_is_listed_under_its_bookings_reference(console: Client, paid: Booking) -> None:
    page = console.get(page_of("escrow_hold")).content.decode()
    assert paid.reference in page
    assert str(Money(paid.subtotal_minor, paid.currency)) in page


def test_a_hold_is_found_by_its_bookings_reference(console: Client) -> None:
    wanted, other = stay(), stay()
    page = console.get(page_of("escrow_hold"), {"q": wanted.reference.lower()}).content.decode()
    assert wanted.reference in page
    assert other.reference not in page


def test_the_audit_names_who_acted(console: Client) -> None:
    booking = stay()
    entry = AuditEntry.objects.get(action="booking.looked_at")
    for path in (page_of("common_auditentry"), reverse("admin:common_auditentry_change", args=[entry.pk])):
        assert booking.owner.email in console.get(path).content.decode()


def test_an_id_that_nobody_names_is_shown_as_it_is() -> None:
    entry = AuditEntry(actor_id=987_654_321, action="x", subject="y")
    assert name_column("actor_id", "user", "Actor")(entry) == "987654321"
    assert name_column("actor_id", "nothing of the kind", "Actor")(entry) == "987654321"
    assert name_column("actor_id", "user", "Actor")(AuditEntry(action="x", subject="y")) is None


def test_groups_cannot_be_renamed_or_deleted_by_hand() -> None:
    assert not admin.site.is_registered(Group)


def test_moments_are_written_with_a_clock_of_24_hours(console: Client) -> None:
    booking = stay()
    page = console.get(reverse("admin:bookings_booking_change", args=[booking.pk])).content.decode()
    assert f"{booking.created_at:%b %Y, %H:%M}" in page
    assert "a.m." not in page
    assert "p.m." not in page


def test_the_address_without_its_slash_leads_to_the_console(client: Client) -> None:
    answer = client.get("/admin")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
