"""Finance works with breaks in the console; the lists ask the same for more rows, and nobody else gets in."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.common.models import OutboxEvent
from apps.ledger import selectors as books
from apps.ledger.types import AccountRef
from apps.payments.tests.fixtures import Sandbox
from apps.reconciliation import services
from apps.reconciliation.models import Break
from apps.reconciliation.tests.conftest import book, refund, sale, usd
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db
BREAKS = "/admin/reconciliation/break/"
LISTS = (BREAKS, "/admin/reconciliation/run/", "/admin/reconciliation/gatewayentry/")


@pytest.fixture
def fee_break(shop: Sandbox) -> Break:
    """A fee that nobody posts."""
    book(shop, "stripe_fee", -200)
    services.reconcile()
    return Break.objects.get()


def act(client: Client, row: Break, action: str, reason: str = "", looked: str = "") -> Any:
    """Choose a break and an action, with or without the reason that is asked for and the page that was looked at."""
    form = {"action": action, "_selected_action": str(row.pk), **({"reason": reason} if reason else {})}
    seen = re.search(r'name="seen" value="(\w+)"', looked)
    return client.post(BREAKS, {**form, **({"seen": seen[1]} if seen else {})}, follow=True)


def test_a_breaks_page_says_what_it_means_and_what_to_do(fee_break: Break, clerk: Any) -> None:
    page = console(clerk).get(reverse("admin:reconciliation_break_change", args=[fee_break.pk])).content.decode()

    assert "a fee, a top-up, an adjustment" in page
    assert "propose a journal against the account" in page
    assert "2.00 USD" in page
    assert "-2.00 USD" in page


def test_a_journal_is_shown_proposed_and_posted_by_two(fee_break: Break, clerk: Any, colleague: Any) -> None:
    mine, theirs = console(clerk), console(colleague)
    asked = act(mine, fee_break, "propose_stripe_fees").content.decode()
    assert "Dr stripe_fees 2.00 USD, Cr stripe_clearing 2.00 USD" in asked
    act(mine, fee_break, "propose_stripe_fees", "the invoice")
    own = act(mine, fee_break, "post").content.decode()
    refused = act(mine, fee_break, "post", "myself", own).content.decode()
    assert "Somebody else of Finance has to look at this journal." in refused
    looked = act(theirs, fee_break, "post").content.decode()
    assert "Dr stripe_fees 2.00 USD, Cr stripe_clearing 2.00 USD" in looked

    act(theirs, fee_break, "post", "seen on the invoice", looked)

    fee_break.refresh_from_db()
    assert fee_break.status == "resolved"
    assert books.balance(AccountRef("stripe_fees"), "USD") == usd(200)


def test_nobody_posts_a_journal_that_they_have_not_seen(fee_break: Break, clerk: Any, colleague: Any) -> None:
    mine, theirs = console(clerk), console(colleague)
    act(mine, fee_break, "propose_stripe_fees", "the invoice")
    looked = act(theirs, fee_break, "post").content.decode()
    act(mine, fee_break, "reject", "another account")
    act(mine, fee_break, "propose_bank", "a better guess")

    again = act(theirs, fee_break, "post", "seen on the invoice", looked).content.decode()

    assert "It has changed since this page was shown." in again
    assert "Dr bank 2.00 USD" in again
    assert books.balance(AccountRef("bank"), "USD") == usd(0)
    act(theirs, fee_break, "post", "seen at the bank", again)
    assert books.balance(AccountRef("bank"), "USD") == usd(200)


def test_breaks_are_taken_explained_and_rejected_with_a_reason(fee_break: Break, clerk: Any) -> None:
    client = console(clerk)
    act(client, fee_break, "take", "mine")
    act(client, fee_break, "propose_bank", "a guess")
    act(client, fee_break, "reject", "a wrong guess")
    act(client, fee_break, "explain", "billing error, will be credited")

    fee_break.refresh_from_db()
    assert (fee_break.owner, fee_break.status) == (clerk, "explained")


def test_the_list_is_filtered_by_class_age_and_owner(fee_break: Break, clerk: Any) -> None:
    client = console(clerk)
    shown = {
        query: f"{BREAKS}{fee_break.pk}/change/" in client.get(f"{BREAKS}?{query}").content.decode()
        for query in (
            "break_class__exact=unposted_entry",
            "break_class__exact=amount_differs",
            "age=week",
            "whose=mine",
            "whose=nobody",
            "whose=others",
        )
    }
    assert [query for query, found in shown.items() if found] == ["break_class__exact=unposted_entry", "whose=nobody"]


def test_a_run_is_asked_for_and_made_by_a_worker(fee_break: Break, clerk: Any) -> None:
    from apps.reconciliation.models import Run

    form = {"action": "reconcile_now", "_selected_action": str(Run.objects.get().pk), "reason": "after the call"}
    console(clerk).post("/admin/reconciliation/run/", form, follow=True)

    wanted = OutboxEvent.objects.get(name="reconciliation.RunWanted")
    assert wanted.payload == {"person_id": clerk.pk}
    services.reconcile_for(wanted.payload["person_id"])
    assert Run.objects.order_by("-id").values_list("started_by", flat=True).first() == clerk.pk


@pytest.mark.parametrize("group", ["Operations", "Support", "Trust & Safety"])
def test_others_do_not_see_the_lists(db: None, group: str) -> None:
    client = console(member_of(group))
    assert [client.get(path).status_code for path in LISTS] == [403, 403, 403]


def test_lists_ask_the_same_for_more_rows(shop: Sandbox, clerk: Any) -> None:
    client = console(clerk)

    def grow() -> None:
        book(shop, "stripe_fee", -200)
        refund(sale(10_000), 500)
        services.reconcile()

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    grow()
    for path in LISTS:
        cost(path)
    few = {path: cost(path) for path in LISTS}
    for _ in range(3):
        grow()
    assert {path: cost(path) for path in LISTS} == few
