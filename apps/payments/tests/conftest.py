"""A purpose that remembers what it was told, and a payment to start from."""

from typing import Any

import pytest
from django.db import transaction

from apps.common.money import Money
from apps.payments import purposes, services
from apps.payments.purposes import PurposeHandler, register_purpose
from apps.payments.tests.conformance import Target
from apps.payments.tests.fixtures import Sandbox
from apps.payments.types import PayeeView, PaymentView


class Diary(PurposeHandler):
    """Writes down each call; can be told to fail."""

    purpose = "test"

    def __init__(self) -> None:
        self.lines: list[tuple[str, Any]] = []
        self.fails = False

    def note(self, line: str, view: Any) -> None:
        """Write a line, or fail."""
        if self.fails:
            raise RuntimeError("the purpose is broken")
        self.lines.append((line, view))

    @property
    def told(self) -> list[str]:
        """The names of the calls."""
        return [line for line, _ in self.lines]

    def payment_requires_action(self, payment: PaymentView) -> None:
        self.note("requires_action", payment)

    def payment_succeeded(self, payment: PaymentView) -> None:
        self.note("succeeded", payment)

    def payment_failed(self, payment: PaymentView) -> None:
        self.note("failed", payment)

    def payment_cancelled(self, payment: PaymentView) -> None:
        self.note("cancelled", payment)

    def refund_succeeded(self, refund: Any) -> None:
        self.note("refund_succeeded", refund)

    def refund_failed(self, refund: Any) -> None:
        self.note("refund_failed", refund)

    def transfer_succeeded(self, transfer: Any) -> None:
        self.note("transfer_succeeded", transfer)

    def transfer_failed(self, transfer: Any) -> None:
        self.note("transfer_failed", transfer)

    def reversal_succeeded(self, reversal: Any) -> None:
        self.note("reversal_succeeded", reversal)

    def reversal_failed(self, reversal: Any) -> None:
        self.note("reversal_failed", reversal)

    def dispute_opened(self, dispute: Any) -> None:
        self.note("dispute_opened", dispute)

    def dispute_won(self, dispute: Any) -> None:
        self.note("dispute_won", dispute)

    def dispute_lost(self, dispute: Any) -> None:
        self.note("dispute_lost", dispute)
        super().dispute_lost(dispute)


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> Diary:
    """The purpose `test`."""
    monkeypatch.setattr(purposes, "_HANDLERS", dict(purposes._HANDLERS))
    handler = Diary()
    register_purpose(handler)
    return handler


def usd(minor: int) -> Money:
    """Return cents."""
    return Money(minor, "USD")


def prepare(amount: int = 11_000, card: str = "pm_card_visa", **fields: Any) -> PaymentView:
    """Prepare a payment in a transaction of its own."""
    with transaction.atomic():
        return services.prepare_payment(
            purpose="test", subject="hold-1", amount=usd(amount), payment_method=card, transfer_group="b-1", **fields
        )


def paid(amount: int = 11_000) -> PaymentView:
    """Return a payment that succeeded."""
    view = services.execute_payment(prepare(amount).id)
    assert view.status == "succeeded"
    return view


@pytest.fixture
def payee(stripe_sandbox: Sandbox, sitter_user: Any) -> PayeeView:
    """A sitter who can be paid."""
    return services.open_payee_account(sitter_user)


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Target:
    """The gateway that the conformance cases run on: the sandbox, or Stripe's test mode."""
    chosen = Target.chosen(lambda: request.getfixturevalue("stripe_sandbox"))
    marker = request.node.get_closest_marker("needs_sandbox")
    if marker and not chosen.is_sandbox:
        pytest.skip(f"needs /_sandbox: {marker.args[0]}")
    return chosen
