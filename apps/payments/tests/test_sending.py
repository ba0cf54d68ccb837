"""Many transfers at once: what goes well together, and what goes wrong with one alone."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.common.clock import real_now
from apps.common.errors import Conflict, NotFound
from apps.payments import selectors, services
from apps.payments.gateways.port import GatewayRefused, GatewayUncertain
from apps.payments.gateways.stripe_api import StripeGateway
from apps.payments.models import Operation, Transfer, Transition
from apps.payments.services import operations, sending
from apps.payments.tests.conftest import Diary, paid, usd
from apps.payments.tests.fixtures import Sandbox
from apps.payments.types import PayeeView, TransferOrder

pytestmark = pytest.mark.django_db
NOBODY = "0190b5a4-0000-7000-8000-000000000000"


@pytest.fixture
def order(payee: PayeeView) -> Any:
    """What is wanted out of a payment of its own."""

    def of(subject: str, amount: int = 5_000) -> TransferOrder:
        return TransferOrder(paid().id, "test", subject, usd(amount), payee.id, "b-1")

    return of


@pytest.fixture
def prepared(order: Any, diary: Diary) -> list[str]:
    """Three transfers that nobody has sent; the payments before them are not in the diary."""
    orders = [order(f"hold-{number}") for number in range(3)]
    diary.lines.clear()
    return prepare(orders)


def prepare(orders: list[TransferOrder]) -> list[str]:
    """Write the intents; return the transfers."""
    with transaction.atomic():
        return [view.id for view in services.prepare_transfers(orders)]


def statuses() -> list[str]:
    """Return where each transfer stands, in their order."""
    return list(Transfer.objects.order_by("pk").values_list("status", flat=True))


def refusing(subject: str, error: Exception) -> Any:
    """Let the gateway answer one transfer so."""
    transfer = StripeGateway.transfer

    def answer(gateway: StripeGateway, request: Any, *, key: str) -> Any:
        if request.transfer_id == subject:
            raise error
        return transfer(gateway, request, key=key)

    return patch.object(StripeGateway, "transfer", answer)


def swept() -> None:
    """Let the sweep finish what hangs."""
    Operation.objects.update(next_attempt_at=real_now(), lease_until=None)
    services.resume_stale()


def test_they_are_sent_once_and_told_each(prepared: list[str], stripe_sandbox: Sandbox, diary: Diary) -> None:
    assert services.execute_transfers(prepared) == 3
    assert services.execute_transfers(prepared) == 3

    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [5_000] * 3
    views = [selectors.transfer(key) for key in prepared]
    assert diary.lines == [("transfer_succeeded", view) for view in views]
    assert {view.status for view in views} == {"succeeded"}
    calls = Operation.objects.filter(kind="transfer").values_list("status", "attempts", "lease_token", "lease_until")
    assert list(calls) == [("succeeded", 1, None, None)] * 3
    moves = Transition.objects.filter(kind="transfer").values_list("from_status", "to_status")
    assert list(moves) == [("sent", "succeeded")] * 3


def test_the_statements_do_not_grow_with_the_transfers(order: Any, diary: Diary) -> None:
    counts = []
    for many in (2, 4):
        orders = [order(f"hold-{many}-{number}") for number in range(many)]
        with CaptureQueriesContext(connection) as queries:
            assert services.execute_transfers(prepare(orders)) == many
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_they_are_marked_as_sent_before_the_first_call(prepared: list[str]) -> None:
    seen: list[list[str]] = []

    def look(held: Any) -> list[Any]:
        seen.append(statuses())
        return []

    with patch.object(sending, "_ask_all", side_effect=look):
        services.execute_transfers(prepared)
    assert seen == [["sent"] * 3]


@pytest.mark.parametrize(
    ("error", "status", "made"),
    [(GatewayRefused("account_closed", "no"), "failed", 2), (GatewayUncertain("no answer"), "unknown", 3)],
)
def test_what_goes_wrong_with_one_is_that_ones_alone(
    prepared: list[str], stripe_sandbox: Sandbox, error: Exception, status: str, made: int
) -> None:
    with refusing(prepared[1], error):
        assert services.execute_transfers(prepared) == made
    assert statuses() == ["succeeded", status, "succeeded"]
    swept()
    assert len(stripe_sandbox.objects("transfer")) == made
    assert statuses() == ["succeeded", "failed" if status == "failed" else "succeeded", "succeeded"]


def test_a_purpose_that_fails_with_one_keeps_the_others_recorded(
    prepared: list[str], stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = diary.transfer_succeeded

    def broken(view: Any) -> None:
        if view.id == prepared[0]:
            raise RuntimeError("this one is broken")
        note(view)

    monkeypatch.setattr(diary, "transfer_succeeded", broken)
    assert services.execute_transfers(prepared) == 2
    assert statuses() == ["unknown", "succeeded", "succeeded"]
    monkeypatch.setattr(diary, "transfer_succeeded", note)
    swept()
    assert statuses() == ["succeeded"] * 3
    assert len(stripe_sandbox.objects("transfer")) == 3
    assert sorted(view.id for _, view in diary.lines) == sorted(prepared)


def test_what_cannot_be_leased_together_goes_one_by_one(prepared: list[str], stripe_sandbox: Sandbox) -> None:
    with patch.object(operations, "claim_unsent", side_effect=RuntimeError):
        assert services.execute_transfers(prepared) == 3
    assert len(stripe_sandbox.objects("transfer")) == 3


def test_what_was_sent_before_is_looked_up_and_not_sent_again(prepared: list[str], stripe_sandbox: Sandbox) -> None:
    stripe_sandbox.fault("POST", "/v1/transfers", "drop_answer", times=50)
    assert services.execute_transfers(prepared) == 3
    stripe_sandbox.repair()
    assert statuses() == ["unknown"] * 3
    assert services.execute_transfers(prepared) == 3
    assert statuses() == ["succeeded"] * 3
    assert len(stripe_sandbox.objects("transfer")) == 3


def test_calls_that_would_begin_too_late_are_handed_back(
    prepared: list[str], stripe_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease that runs out while others are called is somebody else's then."""
    monkeypatch.setattr(sending, "BEGINS_WITHIN", -1)
    services.execute_transfers(prepared)
    assert (statuses(), stripe_sandbox.objects("transfer")) == (["unknown"] * 3, [])
    swept()
    assert statuses() == ["succeeded"] * 3
    assert len(stripe_sandbox.objects("transfer")) == 3


def test_one_that_its_purpose_withholds_does_not_go_with_the_others(
    prepared: list[str], stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diary, "transfer_withheld", lambda view: "frozen" if view.id == prepared[2] else "")
    assert services.execute_transfers(prepared) == 2
    assert statuses() == ["succeeded", "succeeded", "failed"]
    assert len(stripe_sandbox.objects("transfer")) == 2
    assert sorted(diary.told) == ["transfer_failed", "transfer_succeeded", "transfer_succeeded"]


def test_what_is_stopped_while_others_are_called_is_not_called(
    prepared: list[str], stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A freeze that commits while a slow gateway has the first ones keeps back those that were leased with them."""
    monkeypatch.setattr(sending, "CALLS", 1)
    monkeypatch.setattr(sending, "LOOK_LASTS_SECONDS", -1)
    frozen: set[str] = set()
    monkeypatch.setattr(diary, "transfer_withheld", lambda view: "frozen" if view.id in frozen else "")
    transfer = StripeGateway.transfer

    def slow(gateway: StripeGateway, request: Any, *, key: str) -> Any:
        frozen.add(prepared[2])
        return transfer(gateway, request, key=key)

    with patch.object(StripeGateway, "transfer", slow):
        services.execute_transfers(prepared)
    assert (statuses(), len(stripe_sandbox.objects("transfer"))) == (["succeeded", "succeeded", "unknown"], 2)
    Operation.objects.update(asked_at=real_now() - operations.ARRIVES_WITHIN)
    swept()
    assert (statuses(), len(stripe_sandbox.objects("transfer"))) == (["succeeded", "succeeded", "failed"], 2)


def test_what_cannot_be_looked_at_again_is_not_called(
    prepared: list[str], stripe_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "CALLS", 2)
    monkeypatch.setattr(sending, "LOOK_LASTS_SECONDS", -1)
    looks: Iterator[set[int]] = iter([set()])
    with patch.object(sending, "_withheld", side_effect=lambda rows: next(looks)):
        services.execute_transfers(prepared)
    assert (statuses(), len(stripe_sandbox.objects("transfer"))) == (["succeeded", "succeeded", "unknown"], 2)
    swept()
    assert statuses() == ["succeeded"] * 3


def test_intents_are_written_all_or_none(order: Any, stripe_sandbox: Sandbox, diary: Diary) -> None:
    good, bad = order("hold-1"), order("hold-2", amount=11_001)
    with pytest.raises(Conflict) as refusal:
        prepare([good, bad])
    assert refusal.value.code == "transfer_exceeds_payment"
    with pytest.raises(NotFound):
        prepare([good, TransferOrder(NOBODY, "test", "hold-3", usd(1), good.payee_id)])
    assert not Transfer.objects.exists()
