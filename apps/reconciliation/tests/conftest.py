"""A shop whose sales, refunds and payouts are posted, a gateway that charges fees, and hands behind our back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.db import transaction

from apps.common.money import Money
from apps.ledger import selectors as books
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, Leg
from apps.payments import purposes
from apps.payments import services as payments
from apps.payments.purposes import PurposeHandler, register_purpose
from apps.payments.stripe_sandbox.context import Rules
from apps.payments.tests.fixtures import API_KEY, Sandbox
from apps.payments.types import PayeeView, PaymentView
from petwash.testing.staff import member_of

CLEARING, SALES = AccountRef("stripe_clearing"), AccountRef("revenue_wash")


def usd(minor: int) -> Money:
    """Return cents."""
    return Money(minor, "USD")


def post(key: str, amount: Money, *, against: AccountRef = SALES) -> None:
    """Move money into (or out of) the clearing account."""
    ledger.post(kind="shop", key=key, legs=[Leg(CLEARING, amount), Leg(against, -amount)])


class Shop(PurposeHandler):
    """Posts what its payments, refunds, transfers and reversals do."""

    purpose = "shop"

    def payment_succeeded(self, payment: PaymentView) -> None:
        post(f"sale:{payment.id}", payment.amount)

    def refund_succeeded(self, refund: Any) -> None:
        post(f"refund:{refund.id}", -refund.amount)

    def refund_failed(self, refund: Any) -> None:
        if books.journal_by_key(f"refund:{refund.id}"):
            ledger.reverse(key=f"refund:{refund.id}")

    def transfer_succeeded(self, transfer: Any) -> None:
        post(f"payout:{transfer.id}", -transfer.amount)

    def reversal_succeeded(self, reversal: Any) -> None:
        post(f"reversal:{reversal.id}", reversal.reversed)


@pytest.fixture
def sandbox_rules() -> Rules:
    """A gateway that charges 2.9 % and 30 cents."""
    return Rules(fee_pct=Decimal("2.9"), fee_fixed=30)


@pytest.fixture
def shop(stripe_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Sandbox:
    """The sandbox, with the shop's purpose registered, and no patience: what differs is a break at once."""
    monkeypatch.setattr(purposes, "_HANDLERS", dict(purposes._HANDLERS))
    register_purpose(Shop)
    settings.RECONCILIATION_GRACE = timedelta(0)
    return stripe_sandbox


@pytest.fixture
def payee(shop: Sandbox, sitter_user: Any) -> PayeeView:
    """Somebody who can be paid."""
    return payments.open_payee_account(sitter_user)


@pytest.fixture
def clerk(db: None) -> Any:
    """Somebody of Finance."""
    return member_of("Finance")


@pytest.fixture
def colleague(db: None) -> Any:
    """Somebody else of Finance."""
    return member_of("Finance")


def prepare_sale(amount: int = 10_000, subject: str = "order-1") -> PaymentView:
    """Prepare a sale; nothing is sent."""
    with transaction.atomic():
        return payments.prepare_payment(
            purpose="shop", subject=subject, amount=usd(amount), payment_method="pm_card_visa", transfer_group="g-1"
        )


def sale(amount: int = 10_000, subject: str = "order-1") -> PaymentView:
    """Sell something."""
    view = payments.execute_payment(prepare_sale(amount, subject).id)
    assert view.status == "succeeded"
    return view


def refund(payment: PaymentView, amount: int) -> Any:
    """Give money back."""
    with transaction.atomic():
        prepared = payments.prepare_refund(
            payment_id=payment.id, purpose="shop", subject=payment.subject, amount=usd(amount)
        )
    return payments.execute_refund(prepared.id)


def prepare_payout(payment: PaymentView, amount: int, payee: PayeeView, subject: str = "release-1") -> Any:
    """Prepare to pay somebody out of a sale."""
    with transaction.atomic():
        return payments.prepare_transfer(
            source_payment_id=payment.id, purpose="shop", subject=subject, amount=usd(amount), payee_id=payee.id
        )


def payout(payment: PaymentView, amount: int, payee: PayeeView, subject: str = "release-1") -> Any:
    """Pay somebody out of a sale."""
    view = payments.execute_transfer(prepare_payout(payment, amount, payee, subject).id)
    assert view.status == "succeeded"
    return view


def behind_our_back(sandbox: Sandbox, path: str, **form: str) -> dict[str, Any]:
    """Call the gateway as somebody with our key and a tool of their own would."""
    answer = httpx.post(f"{sandbox.url}{path}", data=form, headers={"Authorization": f"Bearer {API_KEY}"})
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def book(sandbox: Sandbox, kind: str, net: int) -> dict[str, Any]:
    """Let the gateway book something on our balance."""
    store = sandbox.server.store
    with store.transaction():
        now = store.now()
        store.add_funds("", "usd", now, net)
        return store.add(
            "txn", "balance_transaction", type=kind, source=None, amount=net, fee=0, net=net, currency="usd",
            available_on=now, owner="", reporting_category=kind, description=None, fee_details=[],
        )  # fmt: skip


def rebook(sandbox: Sandbox, kind: str, **fields: Any) -> None:
    """Let the gateway have booked its only entry of a type otherwise."""
    before = lose(sandbox, kind)
    after = {**before, **fields}
    store = sandbox.server.store
    with store.transaction():
        store.add_funds("", after["currency"], after["available_on"], after["net"])
        rest = {name: value for name, value in after.items() if name not in {"id", "object", "created", "livemode"}}
        store.add("txn", "balance_transaction", **rest)


def lose(sandbox: Sandbox, kind: str) -> dict[str, Any]:
    """Let the gateway lose its only entry of a type, and return it."""
    (entry,) = [row for row in sandbox.objects("balance_transaction") if row["type"] == kind]
    store = sandbox.server.store
    with store.transaction():
        store.add_funds("", entry["currency"], entry["available_on"], -entry["net"])
        store._db.execute("DELETE FROM object WHERE id = ?", [entry["id"]])
    return entry


def reverse(transfer: Any, amount: int) -> Any:
    """Take a payout back, as far as the payee's account holds it."""
    with transaction.atomic():
        prepared = payments.prepare_reversal(
            transfer_id=transfer.id, purpose="shop", subject=transfer.subject, amount=usd(amount)
        )
    return payments.execute_reversal(prepared.id)


def dispute(sandbox: Sandbox, payment: PaymentView, outcome: str = "") -> str:
    """Let the payer's bank dispute a sale and, if asked for, decide; return the gateway's id."""
    charge = next(row for row in sandbox.objects("charge") if row["payment_intent"] == payment.provider_id)
    opened = behind_our_back(sandbox, f"/_sandbox/charges/{charge['id']}/dispute")
    if outcome:
        behind_our_back(sandbox, f"/_sandbox/disputes/{opened['id']}/resolve", outcome=outcome)
    return str(opened["id"])
