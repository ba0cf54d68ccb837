"""Charging: each answer that a card can give, repeats, and what the purpose is told."""

from typing import Any

import pytest
from django.db import transaction

from apps.common.db import OutsideCallInTransaction, TransactionRequired
from apps.common.errors import InvalidInput, NotFound
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments import selectors, services
from apps.payments.models import Operation, Payment, Transition
from apps.payments.stripe_sandbox.context import Rules
from apps.payments.tests.conftest import Diary, paid, prepare, usd
from apps.payments.tests.fixtures import Sandbox

pytestmark = pytest.mark.django_db


def test_a_good_card_pays(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = services.execute_payment(prepare(metadata={"booking": "b-1"}).id)

    assert (view.status, view.amount, view.client_secret) == ("succeeded", usd(11_000), None)
    assert diary.lines == [("succeeded", view)]
    (intent,) = stripe_sandbox.objects("payment_intent")
    assert (intent["id"], intent["amount_received"], intent["transfer_group"]) == (view.provider_id, 11_000, "b-1")
    assert intent["metadata"] == {
        "purpose": "test",
        "subject": "hold-1",
        "booking": "b-1",
        "payment_id": view.id,
    }


def test_the_same_card_has_the_same_fingerprint(stripe_sandbox: Sandbox, diary: Diary) -> None:
    first, second = paid(), paid()

    assert first.card_fingerprint == second.card_fingerprint
    assert first.card_fingerprint


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined"),
        ("pm_card_nobody", "invalid_payment_method"),
    ],
)
def test_a_refused_card_takes_no_money(stripe_sandbox: Sandbox, diary: Diary, card: str, code: str) -> None:
    view = services.execute_payment(prepare(card=card).id)

    assert (view.status, view.failure_code) == ("failed", code)
    assert view.failure_message
    assert diary.lines == [("failed", view)]
    assert stripe_sandbox.objects("balance_transaction") == []


def test_a_declined_payment_is_cancelled_so_that_nobody_pays_it_later(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = services.execute_payment(prepare(card="pm_card_chargeDeclined").id)

    services.resume_stale()

    assert stripe_sandbox.objects("payment_intent")[0]["status"] == "canceled"
    assert services.execute_payment(view.id) == view
    assert diary.told == ["failed"]
    assert not Operation.objects.exclude(status__in=["succeeded", "failed"]).exists()


def test_a_card_may_ask_its_holder_first(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)

    assert view.status == "requires_action"
    assert view.client_secret
    assert view.client_secret.startswith(f"{view.provider_id}_secret_")
    assert diary.told == ["requires_action"]
    assert stripe_sandbox.objects("balance_transaction") == []


@pytest.mark.parametrize(("outcome", "status"), [("succeed", "succeeded"), ("fail", "failed")])
def test_the_holders_answer_comes_by_webhook(stripe_sandbox: Sandbox, diary: Diary, outcome: str, status: str) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    assert waiting.provider_id

    stripe_sandbox.authenticate(waiting.provider_id, outcome)
    stripe_sandbox.deliver_webhooks()

    view = selectors.payment(waiting.id)
    assert (view.status, view.client_secret) == (status, None)
    assert diary.told == ["requires_action", status]


def test_executing_again_changes_nothing(stripe_sandbox: Sandbox, diary: Diary) -> None:
    first = paid()

    assert services.execute_payment(first.id) == first
    assert len(stripe_sandbox.objects("charge")) == 1
    assert diary.told == ["succeeded"]


def test_every_change_of_state_is_kept(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(view.provider_id))
    stripe_sandbox.deliver_webhooks()

    moves = Transition.objects.order_by("id").values_list("from_status", "to_status")
    assert list(moves) == [("sent", "requires_action"), ("requires_action", "succeeded")]


@pytest.mark.parametrize("fields", [{"amount": 0}, {"amount": -5}, {"card": ""}, {"card": "   "}, {"card": "x" * 256}])
def test_bad_input_is_named_and_leaves_nothing(diary: Diary, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        prepare(**fields)

    assert refusal.value.details.keys() <= {"amount_minor", "payment_method"}
    assert Payment.objects.count() == 0


def test_too_small_an_amount_is_refused_by_the_gateway(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = services.execute_payment(prepare(amount=49).id)

    assert (view.status, view.failure_code) == ("failed", "amount_too_small")


def test_an_unregistered_purpose_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="nobody registered"):
        prepare()


@pytest.mark.parametrize("unknown", ["", "no-id", "0190b5a4-0000-7000-8000-000000000000"])
def test_an_unknown_payment_is_not_found(unknown: str) -> None:
    with pytest.raises(NotFound):
        services.execute_payment(unknown)


def test_nothing_is_sent_from_inside_a_transaction(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = prepare()

    with pytest.raises((OutsideCallInTransaction, RuntimeError)), transaction.atomic():
        services.execute_payment(view.id)

    assert stripe_sandbox.objects("payment_intent") == []


@pytest.mark.django_db(transaction=True)
def test_preparing_needs_the_callers_transaction(diary: Diary) -> None:
    with pytest.raises(TransactionRequired):
        services.prepare_payment(purpose="test", subject="s", amount=usd(1), payment_method="pm_card_visa")


class TestFees:
    """The gateway's own fee is the platform's cost."""

    @pytest.fixture
    def sandbox_rules(self) -> Rules:
        from decimal import Decimal

        return Rules(fee_pct=Decimal("2.9"), fee_fixed=30)

    def test_the_fee_is_posted_with_the_success(self, stripe_sandbox: Sandbox, diary: Diary) -> None:
        view = paid(10_000)
        stripe_sandbox.deliver_webhooks()

        assert ledger.balance(AccountRef("stripe_fees"), "USD") == usd(320)
        assert ledger.balance(AccountRef("stripe_clearing"), "USD") == usd(-320)
        assert ledger.journal_by_key(f"stripe-fee:{view.id}") is not None
