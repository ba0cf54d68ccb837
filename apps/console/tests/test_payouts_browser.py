"""Finance in a real browser: reads the payouts page, freezes a sitter after a dry run, sees it as blocked."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from apps.escrow import listeners
from apps.escrow.tests.holds import Story, a_day_passes
from apps.payments import services as payments

from .browser import PATIENCE_MS, Backstage, backstage, page, sign_in, web_server

__all__ = ["backstage", "page", "web_server"]

pytestmark = pytest.mark.django_db(transaction=True)
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def due(owner: Any, sitter_user: Any, stripe_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A payout of which the 24 hours are over; no booking listens to this hold."""
    monkeypatch.setattr(listeners, "_listeners", [])
    payments.open_payee_account(sitter_user)
    with transaction.atomic():
        story = Story.open(booking_id=str(uuid4()), owner=owner, sitter=sitter_user)
    story.pay()
    story.complete()
    a_day_passes()
    return story


def test_finance_sees_what_is_due_and_stops_a_sitter(
    due: Story, operator: Any, backstage: Backstage, page: Page
) -> None:
    sign_in(page, "/admin/payouts/", operator, backstage)
    now = page.locator('[data-window="Now"]')
    expect(now).to_contain_text("110.00 USD")
    expect(page.locator('[data-cover="USD"]')).to_contain_text("110.00 USD held")
    expect(page.get_by_text("Nothing is blocked.")).to_be_visible()

    page.goto("/admin/escrow/freeze/")
    page.get_by_role("link", name="Freeze: a booking, a sitter, everything").click()
    page.get_by_label("Scope").select_option("sitter")
    page.get_by_label("Sitter's address").fill(due.sitter.email)
    page.get_by_label("Why?").fill("Identity in doubt.")
    page.get_by_role("button", name="Show what it does").click()
    expect(page.get_by_role("heading", name="This stops 1 payment: 110.00 USD")).to_be_visible()
    assert not backstage.do(lambda: due.hold.frozen)
    page.get_by_role("button", name="Freeze payouts now").click()
    expect(page.get_by_text("Frozen.")).to_be_visible()
    assert backstage.do(lambda: due.hold.frozen)

    page.goto("/admin/payouts/")
    expect(now).to_contain_text("nothing falls due")
    expect(page.get_by_role("heading", name="Blocked: 1")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name=due.booking_id).click()
    expect(page.get_by_text("The clock to the payout runs").first).to_be_visible()
