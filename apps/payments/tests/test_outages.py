"""The gateway does not answer, or the process dies: nothing is lost, nothing happens twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from apps.common.clock import real_now
from apps.payments import selectors, services
from apps.payments.models import Operation
from apps.payments.services import operations
from apps.payments.tests.conftest import Diary, paid, prepare, usd
from apps.payments.tests.fixtures import Sandbox
from apps.payments.types import PayeeView

pytestmark = pytest.mark.django_db
CREATE, CONFIRM = r"/v1/payment_intents", r"/v1/payment_intents/[^/]+/confirm"
RETRIES = 3  # the SDK asks three times


def later(seconds: float = 130) -> Any:
    """Go on after leases and waits have run out."""
    return time_machine.travel(real_now() + timedelta(seconds=seconds), tick=True)


@pytest.mark.parametrize("path", [CREATE, CONFIRM])
@pytest.mark.parametrize("effect", ["drop_request", "drop_answer"])
def test_one_broken_connection_is_not_even_noticed(
    stripe_sandbox: Sandbox, diary: Diary, path: str, effect: Any
) -> None:
    stripe_sandbox.fault("POST", path, effect)

    assert services.execute_payment(prepare().id).status == "succeeded"
    assert len(stripe_sandbox.objects("payment_intent")) == 1
    assert len(stripe_sandbox.objects("charge")) == 1


@pytest.mark.parametrize("path", [CREATE, CONFIRM])
@pytest.mark.parametrize("effect", ["drop_request", "drop_answer"])
def test_a_payment_without_an_answer_is_unknown_until_the_sweep_finds_out(
    stripe_sandbox: Sandbox, diary: Diary, path: str, effect: Any
) -> None:
    stripe_sandbox.fault("POST", path, effect, times=RETRIES)
    view = services.execute_payment(prepare().id)
    assert view.status == "unknown"
    assert diary.told == []

    with later():
        services.resume_stale()

    assert selectors.payment(view.id).status == "succeeded"
    assert diary.told == ["succeeded"]
    assert len(stripe_sandbox.objects("charge")) == 1


def test_an_unreachable_gateway_leaves_the_payment_unknown(settings: Any, diary: Diary, closed_port: str) -> None:
    settings.STRIPE_API_BASE = closed_port

    view = services.execute_payment(prepare().id)

    assert view.status == "unknown"
    assert selectors.payment(view.id) == view
    operation = Operation.objects.get()
    assert (operation.status, operation.lease_token) == ("unknown", None)
    assert "APIConnectionError" in operation.last_error


def test_a_gateway_that_stalls_is_given_up_in_time(stripe_sandbox: Sandbox, diary: Diary, settings: Any) -> None:
    settings.STRIPE_TIMEOUT_SECONDS = 0.1
    stripe_sandbox.fault("POST", CONFIRM, "stall_answer", times=RETRIES)

    view = services.execute_payment(prepare().id)
    assert view.status == "unknown"

    stripe_sandbox.repair()
    settings.STRIPE_TIMEOUT_SECONDS = 5
    with later():
        assert services.execute_payment(view.id).status == "succeeded"
    assert len(stripe_sandbox.objects("charge")) == 1


def test_a_stored_fault_is_left_behind_by_a_new_generation(stripe_sandbox: Sandbox, diary: Diary) -> None:
    stripe_sandbox.fault("POST", CONFIRM, "fail_500")
    view = services.execute_payment(prepare().id)
    assert view.status == "unknown"
    assert Operation.objects.get().generation == 2

    services.resume_stale()

    assert selectors.payment(view.id).status == "succeeded"
    assert len(stripe_sandbox.objects("charge")) == 1


def test_a_wrong_api_key_of_ours_loses_nothing(stripe_sandbox: Sandbox, diary: Diary, settings: Any) -> None:
    settings.STRIPE_API_KEY = "sk_test_wrong"
    view = services.execute_payment(prepare().id)
    assert view.status == "unknown"

    settings.STRIPE_API_KEY = "sk_test_sandbox"
    with later():
        services.resume_stale()

    assert selectors.payment(view.id).status == "succeeded"


def test_a_process_that_died_after_preparing_is_taken_over(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = prepare()

    assert services.resume_stale() == 0, "whoever prepared it has a minute to execute it"
    with later(61):
        services.resume_stale()

    assert selectors.payment(view.id).status == "succeeded"


class Killed(BaseException):
    """The process ends here: no handler runs, nothing more is written."""


@pytest.mark.parametrize("moment", ["create_intent", "confirm_intent"])
def test_a_process_that_died_with_the_answer_in_hand_is_taken_over(
    stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    view = prepare()
    with monkeypatch.context() as patch:
        kill_after(patch, moment)
        with pytest.raises(Killed):
            services.execute_payment(view.id)
    assert selectors.payment(view.id).status == "sent"
    assert services.execute_payment(view.id).status == "sent", "the lease is still held"

    with later():
        services.resume_stale()

    assert selectors.payment(view.id).status == "succeeded"
    assert diary.told == ["succeeded"]
    assert len(stripe_sandbox.objects("payment_intent")) == 1
    assert len(stripe_sandbox.objects("charge")) == 1


@pytest.mark.parametrize("pruned", [False, True], ids=["key kept", "key pruned"])
def test_money_that_moved_is_found_again_whatever_became_of_the_key(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView, monkeypatch: pytest.MonkeyPatch, pruned: bool
) -> None:
    payment = paid()
    with transaction.atomic():
        refund = services.prepare_refund(
            payment_id=payment.id, purpose="test", subject="s", amount=usd(1_000), reason="r"
        )
        transfer = services.prepare_transfer(
            source_payment_id=payment.id, purpose="test", subject="s", amount=usd(8_500), payee_id=payee.id
        )
    for moment, run in (
        ("refund", lambda: services.execute_refund(refund.id)),
        ("transfer", lambda: services.execute_transfer(transfer.id)),
    ):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            kill_after(patch, moment)
            run()
    if pruned:
        stripe_sandbox.advance_clock(25 * 3600)

    with later():
        services.resume_stale()

    assert selectors.refund(refund.id).status == "succeeded"
    assert selectors.transfer(transfer.id).status == "succeeded"
    assert [row["amount"] for row in stripe_sandbox.objects("refund")] == [1_000]
    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [8_500]
    assert diary.told == ["succeeded", "refund_succeeded", "transfer_succeeded"]


def test_a_purpose_that_fails_rolls_the_result_back_and_is_told_again(stripe_sandbox: Sandbox, diary: Diary) -> None:
    diary.fails = True
    view = prepare()
    with pytest.raises(RuntimeError, match="broken"):
        services.execute_payment(view.id)
    assert selectors.payment(view.id).status == "unknown"

    diary.fails = False
    with later():
        services.resume_stale()

    assert selectors.payment(view.id).status == "succeeded"
    assert diary.told == ["succeeded"]
    assert len(stripe_sandbox.objects("charge")) == 1


def test_one_operation_that_fails_stops_no_other(
    stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = prepare(), prepare()
    note = diary.note

    def picky(line: str, view: Any) -> None:
        if view.id == first.id:
            raise RuntimeError("not this one")
        note(line, view)

    monkeypatch.setattr(diary, "note", picky)
    with later():
        assert services.resume_stale() == 2

    assert selectors.payment(second.id).status == "succeeded"
    assert selectors.payment(first.id).status == "unknown"


def test_waits_grow_and_stay_below_ten_minutes() -> None:
    waits = [operations._wait(_claim(attempts)) for attempts in (1, 2, 5, 9, 10_000)]

    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=10)


def _claim(attempts: int) -> operations.Claim:
    from apps.common.ids import uuid7

    return operations.Claim(operation_pk=1, public_id=uuid7(), token=uuid7(), generation=1, attempts=attempts)


def kill_after(patch: pytest.MonkeyPatch, method: str) -> None:
    """Let the gateway do it, and let nobody hear of it."""
    from apps.payments.gateways.stripe_api import StripeGateway

    real: Callable[..., Any] = getattr(StripeGateway, method)

    def then_die(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        raise Killed

    patch.setattr(StripeGateway, method, then_die)


@pytest.fixture
def closed_port() -> str:
    """An address where nobody listens."""
    from petwash.devstack.ports import free_port

    return f"http://127.0.0.1:{free_port()}"
