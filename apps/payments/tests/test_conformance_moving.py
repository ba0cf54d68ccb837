"""What Stripe documents about money that moves: refunds, transfers, reversals, balances, payouts."""

from functools import partial
from typing import Any

import pytest
import stripe

from apps.payments.tests.conformance import Client, Target, charged, intent, payee, refused, transferred

DAY = 24 * 3600
FAR_TOO_MUCH = 99_999_999
PLENTY = 5_000_000  # the balance may be negative after others' disputes


@pytest.fixture
def client(target: Target) -> Client:
    """The SDK as the adapter sets it up."""
    return target.client


class TestRefunds:
    """docs.stripe.com/refunds and docs.stripe.com/api/refunds/create"""

    def test_partial_refunds_add_up_to_the_charge(self, client: Client, target: Target) -> None:
        paid = charged(target)
        for amount in (4_000, 6_000):
            assert client.refunds.create({"payment_intent": paid.id, "amount": amount}).status == "succeeded"
        assert client.charges.retrieve(paid.latest_charge).refunded is True
        error = refused(lambda: client.refunds.create({"payment_intent": paid.id, "amount": 1}))
        assert error.code == "charge_already_refunded"

    def test_more_than_is_left_is_refused(self, client: Client, target: Target) -> None:
        paid = charged(target)
        error = refused(lambda: client.refunds.create({"payment_intent": paid.id, "amount": 10_001}))
        assert "greater than unrefunded amount" in str(error)

    def test_what_was_not_charged_is_not_refunded(self, client: Client, target: Target) -> None:
        created = intent(target)
        error = refused(lambda: client.refunds.create({"payment_intent": created.id}))
        assert isinstance(error, stripe.InvalidRequestError)

    def test_refunds_are_listed_by_their_payment(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/refunds/list"""
        first, second = charged(target), charged(target)
        made = client.refunds.create({"payment_intent": first.id, "amount": 50})
        client.refunds.create({"payment_intent": second.id, "amount": 50})
        assert [row.id for row in client.refunds.list({"payment_intent": first.id}).data] == [made.id]

    def test_one_may_be_pending_first(self, client: Client, target: Target) -> None:
        """docs.stripe.com/testing#refunds (asynchronous success)"""
        paid = charged(target, "pm_card_pendingRefund")
        made = client.refunds.create({"payment_intent": paid.id})
        assert made.status == "pending"
        assert target.wait_for(lambda: client.refunds.retrieve(made.id).status == "succeeded")

    def test_one_may_fail_after_it_succeeded(self, client: Client, target: Target) -> None:
        """docs.stripe.com/testing#refunds (asynchronous failure), docs.stripe.com/refunds#failed-refunds"""
        paid = charged(target, "pm_card_refundFail")
        made = client.refunds.create({"payment_intent": paid.id})
        assert made.status == "succeeded"
        assert target.wait_for(lambda: client.refunds.retrieve(made.id).status == "failed")
        after = client.refunds.retrieve(made.id)
        assert after.failure_reason
        back = client.balance_transactions.retrieve(after.failure_balance_transaction)
        assert (back.type, back.amount) == ("refund_failure", 10_000)

    @pytest.mark.needs_sandbox("the account's balance must be empty")
    def test_one_may_take_more_than_there_is(self, client: Client, target: Target) -> None:
        """docs.stripe.com/refunds: the balance becomes negative."""
        paid = charged(target)
        client.refunds.create({"payment_intent": paid.id})
        assert [row.amount for row in client.balance.retrieve().available] == [-10_000]


class TestTransfers:
    """docs.stripe.com/connect/separate-charges-and-transfers"""

    def test_a_transfer_may_use_a_charge_whose_money_is_pending(self, client: Client, target: Target) -> None:
        """…#transfer-availability: with source_transaction it succeeds whatever the balance is."""
        sent = transferred(target, payee(target), 8_500, card="pm_card_visa")
        assert (sent.amount, sent.reversed, sent.amount_reversed) == (8_500, False, 0)
        assert [row.id for row in client.transfers.list({"transfer_group": sent.transfer_group}).data] == [sent.id]

    def test_no_more_than_the_charge_leaves_it(self, client: Client, target: Target) -> None:
        paid, destination = charged(target), payee(target)
        fields = {"currency": "usd", "destination": destination, "source_transaction": paid.latest_charge}
        client.transfers.create({"amount": 9_000, **fields})
        error = refused(lambda: client.transfers.create({"amount": 1_001, **fields}))
        assert isinstance(error, stripe.InvalidRequestError)

    def test_without_a_source_it_needs_available_money(self, client: Client, target: Target) -> None:
        """docs.stripe.com/error-codes#balance-insufficient"""
        fields = {"amount": FAR_TOO_MUCH, "currency": "usd", "destination": payee(target)}
        assert refused(lambda: client.transfers.create(fields)).code == "balance_insufficient"

    def test_available_money_needs_no_source(self, client: Client, target: Target) -> None:
        """docs.stripe.com/testing#available-balance (bypass the pending balance)"""
        charged(target, "pm_card_bypassPending", amount=PLENTY)
        fields = {"amount": 1_000, "currency": "usd", "destination": payee(target)}
        assert client.transfers.create(fields).amount == 1_000

    def test_an_unknown_destination_is_missing(self, client: Client) -> None:
        fields = {"amount": 100, "currency": "usd", "destination": "acct_nobody"}
        error = refused(lambda: client.transfers.create(fields))
        assert isinstance(error, stripe.InvalidRequestError)
        assert error.code == "resource_missing"

    def test_the_currency_is_the_charges(self, client: Client, target: Target) -> None:
        paid, destination = charged(target), payee(target)
        fields = {"currency": "eur", "destination": destination, "source_transaction": paid.latest_charge}
        assert isinstance(refused(lambda: client.transfers.create({"amount": 100, **fields})), stripe.StripeError)

    def test_it_arrives_as_a_payment(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/transfers/object (destination_payment)"""
        account = payee(target)
        sent = transferred(target, account)
        arrived = client.charges.retrieve(sent.destination_payment, {}, {"stripe_account": account})
        assert (arrived.amount, arrived.source_transfer) == (8_000, sent.id)
        rows = client.balance_transactions.list({}, {"stripe_account": account}).data
        assert [(row.type, row.amount, row.source) for row in rows] == [("payment", 8_000, arrived.id)]

    def test_pending_money_is_pending_at_its_destination(self, client: Client, target: Target) -> None:
        """docs.stripe.com/connect/account-balances (transfers with a pending source)"""
        account = payee(target)
        transferred(target, account, 8_000, card="pm_card_visa")
        held = client.balance.retrieve({}, {"stripe_account": account})
        assert [row.amount for row in held.pending if row.currency == "usd"] == [8_000]
        assert sum(row.amount for row in held.available) == 0


class TestReversals:
    """docs.stripe.com/api/transfer_reversals"""

    def test_parts_add_up_to_the_transfer(self, client: Client, target: Target) -> None:
        account = payee(target)
        sent = transferred(target, account)
        first = client.transfers.reversals.create(sent.id, {"amount": 3_000, "metadata": {"part": "1"}})
        assert (first.object, first.amount, first.transfer) == ("transfer_reversal", 3_000, sent.id)
        after = client.transfers.retrieve(sent.id)
        assert (after.amount_reversed, after.reversed) == (3_000, False)
        client.transfers.reversals.create(sent.id)
        after = client.transfers.retrieve(sent.id)
        assert (after.amount_reversed, after.reversed, after.reversals.total_count) == (8_000, True, 2)

    def test_they_are_listed_newest_first_and_kept_with_their_metadata(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/transfer_reversals/list"""
        sent = transferred(target, payee(target))
        made = [client.transfers.reversals.create(sent.id, {"amount": 100, "metadata": {"n": n}}) for n in "ab"]
        rows = client.transfers.reversals.list(sent.id).data
        assert [(row.id, row.metadata["n"]) for row in rows] == [(made[1].id, "b"), (made[0].id, "a")]
        assert client.transfers.reversals.retrieve(sent.id, made[0].id).amount == 100

    def test_no_more_than_is_left(self, client: Client, target: Target) -> None:
        sent = transferred(target, payee(target))
        client.transfers.reversals.create(sent.id, {"amount": 7_000})
        for fields in ({"amount": 1_001}, {"amount": 0}, {"amount": -1}):
            error = refused(partial(client.transfers.reversals.create, sent.id, fields))
            assert isinstance(error, stripe.InvalidRequestError)
        client.transfers.reversals.create(sent.id, {"amount": 1_000})
        error = refused(lambda: client.transfers.reversals.create(sent.id))
        assert isinstance(error, stripe.InvalidRequestError)

    def test_the_money_moves_back(self, client: Client, target: Target) -> None:
        """docs.stripe.com/reports/balance-transaction-types (transfer_refund, payment_refund)"""
        account = payee(target)
        sent = transferred(target, account)
        made = client.transfers.reversals.create(sent.id, {"amount": 3_000})
        booked = client.balance_transactions.retrieve(made.balance_transaction)
        assert (booked.type, booked.amount, booked.source) == ("transfer_refund", 3_000, made.id)
        (row, _) = client.balance_transactions.list({}, {"stripe_account": account}).data
        assert (row.type, row.amount) == ("payment_refund", -3_000)

    def test_they_need_the_destinations_available_balance(self, client: Client, target: Target) -> None:
        """docs.stripe.com/connect/separate-charges-and-transfers#reverse-transfers"""
        account = payee(target)
        sent = transferred(target, account)
        client.payouts.create({"amount": 5_000, "currency": "usd"}, {"stripe_account": account})
        error = refused(lambda: client.transfers.reversals.create(sent.id, {"amount": 3_001}))
        assert (type(error), error.code) == (stripe.InvalidRequestError, "balance_insufficient")
        assert client.transfers.retrieve(sent.id).amount_reversed == 0
        assert client.transfers.reversals.create(sent.id, {"amount": 3_000}).amount == 3_000

    def test_one_key_reverses_once(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/idempotent_requests"""
        sent = transferred(target, payee(target))
        options = {"idempotency_key": target.fresh()}
        made = {client.transfers.reversals.create(sent.id, {"amount": 3_000}, options).id for _ in range(3)}
        assert len(made) == 1
        assert client.transfers.retrieve(sent.id).amount_reversed == 3_000

    def test_a_reversal_is_told(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/events/types#event_types-transfer.reversed"""
        sent = transferred(target, payee(target))
        client.transfers.reversals.create(sent.id, {"amount": 3_000})

        def told() -> list[Any]:
            rows = client.events.list({"type": "transfer.reversed", "limit": 100}).data
            return [row.data.object["amount_reversed"] for row in rows if row.data.object["id"] == sent.id]

        assert target.wait_for(told) == [3_000]

    def test_an_unknown_transfer_is_missing(self, client: Client) -> None:
        error = refused(lambda: client.transfers.reversals.create("tr_nobody", {"amount": 1}))
        assert (error.http_status, error.code) == (404, "resource_missing")


class TestBalance:
    """docs.stripe.com/payments/balances"""

    @pytest.mark.needs_sandbox("the sums of an account that nobody else uses, and days that pass")
    def test_a_charge_is_pending_before_it_is_available(self, client: Client, target: Target) -> None:
        charged(target)
        balance = client.balance.retrieve()
        assert [(row.amount, row.currency) for row in balance.pending] == [(10_000, "usd")]
        assert balance.available == []
        target.sandbox.advance_clock(3 * DAY)
        assert [(row.amount, row.currency) for row in client.balance.retrieve().available] == [(10_000, "usd")]

    def test_every_movement_is_a_balance_transaction(self, client: Client, target: Target) -> None:
        """docs.stripe.com/reports/balance-transaction-types"""
        paid = charged(target)
        made = client.refunds.create({"payment_intent": paid.id, "amount": 1_000})
        told = [
            (row.type, row.amount, row.reporting_category)
            for source in (paid.latest_charge, made.id)
            for row in client.balance_transactions.list({"source": source}).data
        ]
        assert told == [("charge", 10_000, "charge"), ("refund", -1_000, "refund")]

    def test_the_list_is_narrowed_by_type_and_time(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/balance_transactions/list"""
        paid = charged(target)
        made = client.refunds.create({"payment_intent": paid.id})
        window = {"created": {"gte": made.created, "lte": made.created + 1}, "limit": 100}
        rows = client.balance_transactions.list({"type": "refund", **window}).data
        assert made.id in {row.source for row in rows}
        assert {row.type for row in rows} == {"refund"}
        before = client.balance_transactions.list({"created": {"lt": paid.created - DAY}, "limit": 100}).data
        assert made.id not in {row.source for row in before}


class TestPayouts:
    """docs.stripe.com/api/payouts"""

    def test_more_than_is_available_is_refused(self, client: Client) -> None:
        """docs.stripe.com/error-codes#balance-insufficient"""
        error = refused(lambda: client.payouts.create({"amount": FAR_TOO_MUCH, "currency": "usd"}))
        assert error.code == "balance_insufficient"

    def test_one_by_hand_leaves_the_balance_and_arrives(self, client: Client, target: Target) -> None:
        charged(target, "pm_card_bypassPending", amount=PLENTY)
        made = client.payouts.create({"amount": 1_000, "currency": "usd"})
        assert (made.status, made.automatic) == ("pending", False)
        booked = client.balance_transactions.retrieve(made.balance_transaction)
        assert (booked.type, booked.amount, booked.source) == ("payout", -1_000, made.id)

    @pytest.mark.needs_sandbox("days pass")
    def test_it_is_paid_days_later(self, client: Client, target: Target) -> None:
        charged(target, "pm_card_bypassPending")
        made = client.payouts.create({"amount": 1_000, "currency": "usd"})
        target.sandbox.advance_clock(2 * DAY + 1)
        assert client.payouts.retrieve(made.id).status == "paid"
        assert [row["type"] for row in target.sandbox.events()][-2:] == ["payout.created", "payout.paid"]

    @pytest.mark.needs_sandbox("the schedule is switched, days pass")
    def test_automatic_ones_drain_what_is_held_for_others(self, client: Client, target: Target) -> None:
        """docs.stripe.com/connect/manage-payout-schedule: a platform that holds money sets it to manual."""
        charged(target)
        destination = payee(target)
        target.sandbox.pay_out_daily()
        target.sandbox.advance_clock(2 * DAY)
        target.sandbox.advance_clock(DAY)
        (made,) = client.payouts.list().data
        assert (made.amount, made.automatic) == (10_000, True)
        assert [row.amount for row in client.balance.retrieve().available] == [0]
        rows = client.balance_transactions.list({"payout": made.id}).data
        assert [(row.type, row.amount) for row in rows] == [("charge", 10_000)]
        fields = {"amount": 100, "currency": "usd", "destination": destination}
        assert refused(lambda: client.transfers.create(fields)).code == "balance_insufficient"


class TestAccounts:
    """docs.stripe.com/connect/account-capabilities"""

    @pytest.mark.needs_sandbox("Stripe disables whom it wants")
    def test_a_disabled_one_tells_so(self, client: Client, target: Target) -> None:
        """docs.stripe.com/connect/handling-api-verification"""
        account = payee(target)
        target.sandbox.disable(account)
        assert target.sandbox.events("account.updated")[-1]["data"]["object"]["payouts_enabled"] is False
        after = client.accounts.retrieve(account)
        assert (after.payouts_enabled, after.requirements.disabled_reason) == (False, "requirements.past_due")
        error = refused(lambda: client.payouts.create({"amount": 1, "currency": "usd"}, {"stripe_account": account}))
        assert error.code == "payouts_not_allowed"

    @pytest.mark.needs_sandbox("Stripe disables whom it wants")
    def test_without_the_capability_nothing_is_transferred(self, client: Client, target: Target) -> None:
        """docs.stripe.com/error-codes#insufficient-capabilities-for-transfer"""
        account = payee(target)
        target.sandbox.disable(account, transfers="inactive")
        assert refused(lambda: transferred(target, account)).code == "insufficient_capabilities_for_transfer"
        target.sandbox.enable(account)
        assert transferred(target, account).amount == 8_000

    @pytest.mark.needs_sandbox("its holder pays out")
    def test_its_holder_may_spend_what_is_there(self, client: Client, target: Target) -> None:
        account = payee(target)
        transferred(target, account)
        target.sandbox.spend(account, amount=5_000)
        held = client.balance.retrieve({}, {"stripe_account": account})
        assert [row.amount for row in held.available] == [3_000]
        assert target.sandbox.post(f"/_sandbox/accounts/{account}/spend", amount=3_001).status_code == 400
        target.sandbox.spend(account)
        held = client.balance.retrieve({}, {"stripe_account": account})
        assert [row.amount for row in held.available] == [0]
