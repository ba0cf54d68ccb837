"""Whatever happens in the sandbox, in whatever order, its sums hold: no money appears or disappears."""

import random
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from apps.payments.tests.conformance import Target, payee
from apps.payments.tests.fixtures import Sandbox

pytestmark = pytest.mark.needs_sandbox("it reads every object there is")
CARDS = [
    "pm_card_visa",
    "pm_card_bypassPending",
    "pm_card_createDispute",
    "pm_card_createDisputeInquiry",
    "pm_card_refundFail",
    "pm_card_pendingRefund",
]
EVIDENCE = ["winning_evidence", "losing_evidence", "escalate_inquiry_evidence", "nothing"]


class Day:
    """Random but repeatable requests, each as likely to be refused as not."""

    def __init__(self, target: Target, seed: int) -> None:
        self.client, self.sandbox = target.client, target.sandbox
        self.chance = random.Random(seed)
        self.payees = [payee(target) for _ in range(2)]

    def any_of(self, kind: str) -> dict[str, Any]:
        """Return one of the objects of a kind. Raises: IndexError when there is none."""
        return self.chance.choice(self.sandbox.objects(kind))

    def amount(self) -> int:
        """Return some cents."""
        return self.chance.choice([500, 1_000, 2_500, 5_000, 10_000])

    def charge(self) -> None:
        card = self.chance.choice(CARDS)
        fields = {"amount": 10_000, "currency": "usd", "payment_method": card}
        self.client.payment_intents.confirm(self.client.payment_intents.create(fields).id)

    def refund(self) -> None:
        self.client.refunds.create({"charge": self.any_of("charge")["id"], "amount": self.amount()})

    def transfer(self) -> None:
        fields = {"amount": self.amount(), "currency": "usd", "destination": self.chance.choice(self.payees)}
        source = {"source_transaction": self.any_of("charge")["id"]} if self.chance.random() < 0.7 else {}
        self.client.transfers.create({**fields, **source})

    def reverse(self) -> None:
        self.client.transfers.reversals.create(self.any_of("transfer")["id"], {"amount": self.amount()})

    def pay_out(self) -> None:
        self.client.payouts.create({"amount": self.amount(), "currency": "usd"})

    def spend(self) -> None:
        self.sandbox.post(f"/_sandbox/accounts/{self.chance.choice(self.payees)}/spend", amount=self.amount())

    def dispute(self) -> None:
        self.sandbox.post(f"/_sandbox/charges/{self.any_of('charge')['id']}/dispute", amount=self.amount())

    def answer(self) -> None:
        evidence = {"uncategorized_text": self.chance.choice(EVIDENCE)}
        self.client.disputes.update(self.any_of("dispute")["id"], {"evidence": evidence})

    def wait(self) -> None:
        self.sandbox.advance_clock(self.chance.choice([10, 3600, 24 * 3600, 15 * 24 * 3600]))


def balances_are_their_transactions(sandbox: Sandbox, owners: list[str]) -> None:
    """Each account holds what its balance transactions add up to, and a payee's never less than nothing."""
    held = sandbox.get("/_sandbox/state")["balances"]
    for owner in owners:
        params = {"account": owner} if owner else {}
        rows = sandbox.get("/_sandbox/objects/balance_transaction", **params)["data"]
        sums = held[owner or "platform"].get("usd", {"available": 0, "pending": 0})
        assert sum(row["net"] for row in rows) == sums["available"] + sums["pending"]
        assert all(row["net"] == row["amount"] - row["fee"] for row in rows)
        assert not owner or sums["available"] >= 0


def movements_stay_within_bounds(sandbox: Sandbox) -> None:
    """Nothing is given back or sent on beyond what came in, and what is shown is what was moved."""
    refunds, transfers, reversals = (sandbox.objects(kind) for kind in ("refund", "transfer", "transfer_reversal"))
    for charge in sandbox.objects("charge"):
        back = sum(row["amount"] for row in refunds if row["charge"] == charge["id"] and row["status"] != "failed")
        on = sum(
            row["amount"] - row["amount_reversed"] for row in transfers if row["source_transaction"] == charge["id"]
        )
        assert charge["amount_refunded"] == back <= charge["amount"]
        assert on <= charge["amount"]
    for transfer in transfers:
        taken = sum(row["amount"] for row in reversals if row["transfer"] == transfer["id"])
        assert transfer["amount_reversed"] == taken <= transfer["amount"]
    for dispute in sandbox.objects("dispute"):
        left = -sum(row["amount"] for row in dispute["balance_transactions"])
        assert left == (dispute["amount"] if dispute["status"] in {"needs_response", "under_review", "lost"} else 0)


@pytest.mark.parametrize("seed", range(4))
def test_sums_hold_after_any_day(target: Target, seed: int) -> None:
    day = Day(target, seed)
    acts: list[Callable[[], None]] = [
        *(day.charge, day.charge, day.refund, day.transfer, day.transfer, day.reverse),
        *(day.pay_out, day.spend, day.dispute, day.answer, day.wait),
    ]
    done = refused = 0
    for _ in range(150):
        try:
            day.chance.choice(acts)()
            done += 1
        except (stripe.StripeError, IndexError):
            refused += 1
    target.sandbox.advance_clock(30 * 24 * 3600)

    assert done > 50
    assert refused > 10
    balances_are_their_transactions(target.sandbox, ["", *day.payees])
    movements_stay_within_bounds(target.sandbox)
