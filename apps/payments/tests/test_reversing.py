"""Money is taken back from a payee once, and as far as the account holds it."""

from typing import Any

import pytest
from django.db import transaction

from apps.common.errors import DomainError, NotFound
from apps.common.money import Money
from apps.payments import selectors, services
from apps.payments.models import Operation, Reversal
from apps.payments.tests.conftest import Diary, paid, usd
from apps.payments.tests.fixtures import Sandbox
from apps.payments.tests.test_moving import NOBODY, transfer
from apps.payments.tests.test_outages import Killed, kill_after, later
from apps.payments.types import PayeeView, ReversalView, TransferView

pytestmark = pytest.mark.django_db
PATH = "/v1/transfers/[^/]+/reversals"


def sent(payee: PayeeView, amount: int = 8_500, sandbox: Sandbox | None = None) -> TransferView:
    """Return a transfer that the payee has; with the sandbox, it is available there as well."""
    view = services.execute_transfer(transfer(paid(11_000), usd(amount), payee.id).id)
    if sandbox:
        sandbox.advance_clock(8 * 24 * 3600)
    return view


def reversal(of: TransferView, amount: Money) -> ReversalView:
    """Prepare a reversal in a transaction of its own."""
    with transaction.atomic():
        return services.prepare_reversal(transfer_id=of.id, purpose="test", subject="hold-1", amount=amount)


def taken_back(sandbox: Sandbox) -> list[int]:
    """Return the amounts of the gateway's reversals."""
    return [row["amount"] for row in sandbox.objects("transfer_reversal")]


def test_a_transfer_comes_back_once(stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView) -> None:
    moved = sent(payee, 8_500, stripe_sandbox)
    prepared = reversal(moved, usd(3_000))

    view = services.execute_reversal(prepared.id)

    assert (view.status, view.reversed, view.transfer_id) == ("succeeded", usd(3_000), moved.id)
    assert services.execute_reversal(prepared.id) == view
    assert taken_back(stripe_sandbox) == [3_000]
    assert diary.lines[-1] == ("reversal_succeeded", view)
    assert selectors.reversals_of(moved.id) == [view]
    assert selectors.uncommitted(moved.source_payment_id) == usd(11_000 - 8_500 + 3_000)


def test_an_account_that_holds_less_gives_what_it_holds(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView
) -> None:
    moved = sent(payee, 8_500, stripe_sandbox)
    stripe_sandbox.spend(str(payee.provider_account_id), amount=6_000)

    view = services.execute_reversal(reversal(moved, usd(8_500)).id)

    assert (view.status, view.amount, view.reversed) == ("succeeded", usd(8_500), usd(2_500))
    assert taken_back(stripe_sandbox) == [2_500]
    assert selectors.uncommitted(moved.source_payment_id) == usd(2_500 + 2_500)
    assert diary.told.count("reversal_succeeded") == 1


def test_an_empty_account_fails_and_frees_the_transfer(stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView) -> None:
    moved = sent(payee, 8_500, stripe_sandbox)
    stripe_sandbox.spend(str(payee.provider_account_id))

    view = services.execute_reversal(reversal(moved, usd(8_500)).id)

    assert (view.status, view.failure_code, view.reversed) == ("failed", "balance_insufficient", usd(0))
    assert taken_back(stripe_sandbox) == []
    assert diary.lines[-1] == ("reversal_failed", view)
    assert reversal(moved, usd(8_500)).status == "prepared"


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (usd(0), "validation_error"),
        (usd(-1), "validation_error"),
        (Money(100, "EUR"), "validation_error"),
        (usd(8_501), "reversal_exceeds_transfer"),
    ],
)
def test_a_reversal_that_cannot_be_is_named(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView, amount: Money, code: str
) -> None:
    moved = sent(payee)

    with pytest.raises(DomainError) as refusal:
        reversal(moved, amount)

    assert refusal.value.code == code
    assert Reversal.objects.count() == 0


def test_what_is_on_its_way_back_is_not_promised_twice(stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView) -> None:
    moved = sent(payee, 8_500, stripe_sandbox)
    reversal(moved, usd(5_000))

    with pytest.raises(DomainError) as refusal:
        reversal(moved, usd(3_501))

    assert refusal.value.details["left_minor"] == 3_500


def test_a_transfer_that_was_not_sent_cannot_come_back(stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView) -> None:
    prepared = transfer(paid(), usd(100), payee.id)

    with pytest.raises(DomainError) as refusal:
        reversal(prepared, usd(100))
    with pytest.raises(NotFound), transaction.atomic():
        services.prepare_reversal(transfer_id=NOBODY, purpose="test", subject="s", amount=usd(1))

    assert refusal.value.code == "transfer_not_settled"
    assert Reversal.objects.count() == 0


@pytest.mark.parametrize("effect", ["drop_request", "drop_answer", "fail_500"])
@pytest.mark.parametrize("spent", [0, 6_000], ids=["covered", "partly covered"])
def test_no_answer_is_looked_up_before_it_is_asked_again(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView, effect: Any, spent: int
) -> None:
    moved = sent(payee, 8_500, stripe_sandbox)
    if spent:
        stripe_sandbox.spend(str(payee.provider_account_id), amount=spent)
    prepared = reversal(moved, usd(8_500))
    stripe_sandbox.fault("POST", PATH, effect, times=1 if effect == "fail_500" else 3)

    assert services.execute_reversal(prepared.id).status == "unknown"
    stripe_sandbox.repair()
    with later():
        services.resume_stale()

    assert selectors.reversal(prepared.id).reversed == usd(8_500 - spent)
    assert taken_back(stripe_sandbox) == [8_500 - spent]
    assert diary.told.count("reversal_succeeded") == 1


@pytest.mark.parametrize("pruned", [False, True], ids=["key kept", "key pruned"])
@pytest.mark.parametrize("spent", [0, 6_000], ids=["covered", "partly covered"])
def test_a_process_that_died_with_the_answer_in_hand_is_taken_over(
    stripe_sandbox: Sandbox,
    diary: Diary,
    payee: PayeeView,
    monkeypatch: pytest.MonkeyPatch,
    pruned: bool,
    spent: int,
) -> None:
    moved = sent(payee, 8_500, stripe_sandbox)
    if spent:
        stripe_sandbox.spend(str(payee.provider_account_id), amount=spent)
    prepared = reversal(moved, usd(8_500))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_after(patch, "reverse_transfer")
        services.execute_reversal(prepared.id)
    if pruned:
        stripe_sandbox.advance_clock(25 * 3600)

    with later():
        services.resume_stale()

    assert selectors.reversal(prepared.id).reversed == usd(8_500 - spent)
    assert taken_back(stripe_sandbox) == [8_500 - spent]
    assert diary.told.count("reversal_succeeded") == 1


def test_an_account_that_is_emptied_while_it_is_asked_gives_what_is_left(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.payments.gateways.stripe_api import StripeGateway

    moved = sent(payee, 8_500, stripe_sandbox)
    stripe_sandbox.spend(str(payee.provider_account_id), amount=1_000)
    prepared = reversal(moved, usd(8_500))
    balance = StripeGateway.payee_balance

    def then_spend(self: StripeGateway, account_id: str) -> Any:
        held = balance(self, account_id)
        stripe_sandbox.spend(account_id, amount=500)
        return held

    with monkeypatch.context() as patch:
        patch.setattr(StripeGateway, "payee_balance", then_spend)
        assert services.execute_reversal(prepared.id).status == "unknown"
    assert Operation.objects.get(reversal__public_id=prepared.id).generation == 2
    services.resume_stale()

    assert selectors.reversal(prepared.id).reversed == usd(7_000)
    assert taken_back(stripe_sandbox) == [7_000]


def test_the_webhook_tells_what_no_answer_told(stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView) -> None:
    moved = sent(payee, 8_500, stripe_sandbox)
    prepared = reversal(moved, usd(8_500))
    stripe_sandbox.fault("POST", PATH, "drop_answer", times=3)
    assert services.execute_reversal(prepared.id).status == "unknown"

    stripe_sandbox.deliver_webhooks()

    assert selectors.reversal(prepared.id).status == "succeeded"
    assert diary.told.count("reversal_succeeded") == 1
