"""The console shows money and lets nobody touch it; more rows ask no more queries."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from apps.payments import models, selectors, services
from apps.payments.tests.conftest import Diary, paid, prepare
from apps.payments.tests.fixtures import Sandbox
from apps.payments.tests.test_moving import refund, transfer
from apps.payments.tests.test_reversing import reversal
from apps.payments.types import PayeeView

pytestmark = pytest.mark.django_db
SHOWN: list[type[Model]] = [
    models.Payment,
    models.Refund,
    models.Transfer,
    models.Reversal,
    models.Dispute,
    models.Operation,
    models.PayeeAccount,
    models.WebhookEvent,
    models.Transition,
]


@pytest.fixture
def request_of_staff(agent: Any) -> Any:
    """A page view by a superuser with a second factor."""
    agent.is_superuser = True
    agent.is_verified = lambda: True
    request = RequestFactory().get("/admin/")
    request.user = agent
    return request


def story(sandbox: Sandbox, payee: PayeeView) -> None:
    """Let something of everything happen."""
    payment = paid()
    refund_view, transfer_view = (
        refund(payment, payment.amount.percent(10)),
        transfer(payment, payment.amount.percent(50), payee.id),
    )
    services.execute_refund(refund_view.id)
    services.execute_transfer(transfer_view.id)
    sandbox.advance_clock(8 * 24 * 3600)
    services.execute_reversal(reversal(selectors.transfer(transfer_view.id), payment.amount.percent(5)).id)
    sandbox.dispute(models.Payment.objects.get(public_id=payment.id).charge_id)
    services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    sandbox.deliver_webhooks()


def queries_of(model: type[Model], request: Any) -> int:
    """Show the list and return how many queries that took."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer: Any = admin.site._registry[model].changelist_view(request)
        answer.render()
    assert answer.status_code == 200
    return len(queries)


def test_lists_ask_the_same_for_more_rows(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView, request_of_staff: Any
) -> None:
    story(stripe_sandbox, payee)
    few = {model: queries_of(model, request_of_staff) for model in SHOWN}
    for _ in range(3):
        story(stripe_sandbox, payee)

    assert {model: queries_of(model, request_of_staff) for model in SHOWN} == few
    assert max(few.values()) <= 8


@pytest.mark.parametrize("model", SHOWN)
def test_nothing_can_be_added_changed_or_deleted(model: type[Model], request_of_staff: Any) -> None:
    page = admin.site._registry[model]

    assert not page.has_add_permission(request_of_staff)
    assert not page.has_change_permission(request_of_staff)
    assert not page.has_delete_permission(request_of_staff)


def test_a_payments_page_shows_no_secret(stripe_sandbox: Sandbox, diary: Diary, request_of_staff: Any) -> None:
    services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    payment = models.Payment.objects.get()

    shown = page_of(payment, request_of_staff)

    assert payment.client_secret
    assert payment.client_secret.encode() not in shown
    assert str(payment.provider_id).encode() in shown


def page_of(row: Model, request: Any) -> bytes:
    """Return the row's page."""
    answer: Any = admin.site._registry[type(row)].change_view(request, str(row.pk))
    content: bytes = answer.render().content
    return content
