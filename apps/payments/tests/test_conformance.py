"""What Stripe documents, spoken by the real SDK over HTTP. Each case names its source.

The sandbox has to pass; whatever PetWash relies on at Stripe stands here.
"""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from apps.common.money import Money
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import (
    AccountRequest,
    BalanceFacts,
    GatewayRefused,
    IntentRequest,
    PaymentGateway,
    RefundRequest,
    TransferRequest,
)
from apps.payments.gateways.stripe_api import API_VERSION
from apps.payments.tests.fixtures import API_KEY, Sandbox

Client = Any  # the SDK's services take typed dictionaries; the cases here try what they do not allow


@pytest.fixture
def client(stripe_sandbox: Sandbox) -> Client:
    """The SDK as the adapter sets it up."""
    return stripe.StripeClient(
        API_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=2, stripe_version=API_VERSION
    ).v1


def intent(client: Client, card: str = "pm_card_visa", **fields: Any) -> Any:
    """Create a payment intent of 100.00 USD."""
    return client.payment_intents.create({"amount": 10_000, "currency": "usd", "payment_method": card, **fields})


def charged(client: Client, **fields: Any) -> Any:
    """Create a payment intent and confirm it."""
    return client.payment_intents.confirm(intent(client, **fields).id)


def account(client: Client) -> Any:
    """Open an account that can receive transfers."""
    return client.accounts.create({"country": "US", "capabilities": {"transfers": {"requested": True}}})


def refused(call: Callable[[], Any]) -> stripe.StripeError:
    """Return the error that the call ends in."""
    with pytest.raises(stripe.StripeError) as error:
        call()
    return error.value


class TestPaymentMethods:
    """docs.stripe.com/api/payment_methods/retrieve"""

    def test_a_card_has_the_fingerprint_of_its_charges(self, client: Client) -> None:
        known = client.payment_methods.retrieve("pm_card_visa")
        assert known.object == "payment_method"
        charge = client.charges.retrieve(charged(client).latest_charge)
        assert known.card.fingerprint == charge.payment_method_details.card.fingerprint

    def test_one_that_does_not_exist_is_missing(self, client: Client) -> None:
        assert refused(lambda: client.payment_methods.retrieve("pm_none")).code == "resource_missing"

    def test_the_adapter_knows_the_card_and_says_nothing_of_one_that_is_none(self, stripe_sandbox: Sandbox) -> None:
        assert gateway().card_fingerprint("pm_card_visa")
        assert gateway().card_fingerprint("pm_none") == ""


class TestPaymentIntents:
    """docs.stripe.com/payments/paymentintents/lifecycle"""

    def test_a_method_makes_it_wait_for_confirmation(self, client: Client) -> None:
        assert intent(client).status == "requires_confirmation"

    def test_without_a_method_it_waits_for_one(self, client: Client) -> None:
        created = client.payment_intents.create({"amount": 10_000, "currency": "usd"})
        assert created.status == "requires_payment_method"
        assert created.client_secret.startswith(f"{created.id}_secret_")

    def test_confirming_takes_the_money(self, client: Client) -> None:
        paid = charged(client)
        assert (paid.status, paid.amount_received) == ("succeeded", 10_000)
        assert client.charges.retrieve(paid.latest_charge).paid is True

    def test_confirm_may_be_part_of_creation(self, client: Client) -> None:
        """docs.stripe.com/api/payment_intents/create#create_payment_intent-confirm"""
        assert intent(client, confirm=True).status == "succeeded"

    def test_a_declined_card_is_402_and_asks_for_another_method(self, client: Client) -> None:
        """docs.stripe.com/error-handling#payment-errors"""
        created = intent(client, "pm_card_chargeDeclined")
        error = refused(lambda: client.payment_intents.confirm(created.id))
        assert isinstance(error, stripe.CardError)
        assert error.error is not None
        assert (error.http_status, error.code, error.error.decline_code) == (402, "card_declined", "generic_decline")
        after = client.payment_intents.retrieve(created.id)
        assert (after.status, after.last_payment_error.code) == ("requires_payment_method", "card_declined")

    def test_another_method_can_be_confirmed_after_a_decline(self, client: Client) -> None:
        """docs.stripe.com/payments/paymentintents/lifecycle (requires_payment_method)"""
        created = intent(client, "pm_card_chargeDeclined")
        refused(lambda: client.payment_intents.confirm(created.id))
        assert client.payment_intents.confirm(created.id, {"payment_method": "pm_card_visa"}).status == "succeeded"

    def test_a_card_that_asks_its_holder_requires_action(self, client: Client) -> None:
        """docs.stripe.com/testing#regulatory-cards"""
        waiting = charged(client, card="pm_card_authenticationRequired")
        assert (waiting.status, waiting.amount_received) == ("requires_action", 0)
        assert waiting.next_action.type == "use_stripe_sdk"

    def test_a_failed_authentication_asks_for_another_method(self, client: Client, stripe_sandbox: Sandbox) -> None:
        """docs.stripe.com/error-codes#payment-intent-authentication-failure"""
        waiting = charged(client, card="pm_card_authenticationRequired")
        stripe_sandbox.authenticate(waiting.id, "fail")
        after = client.payment_intents.retrieve(waiting.id)
        assert after.status == "requires_payment_method"
        assert after.last_payment_error.code == "payment_intent_authentication_failure"

    @pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_authenticationRequired"])
    def test_it_can_be_cancelled_until_it_succeeds(self, client: Client, card: str) -> None:
        """docs.stripe.com/api/payment_intents/cancel"""
        created = intent(client, card) if card == "pm_card_visa" else charged(client, card=card)
        assert client.payment_intents.cancel(created.id).status == "canceled"
        error = refused(lambda: client.payment_intents.confirm(created.id))
        assert error.code == "payment_intent_unexpected_state"

    def test_a_success_is_neither_cancelled_nor_confirmed_again(self, client: Client) -> None:
        """docs.stripe.com/error-codes#payment-intent-unexpected-state"""
        paid = charged(client)
        assert refused(lambda: client.payment_intents.cancel(paid.id)).code == "payment_intent_unexpected_state"
        assert refused(lambda: client.payment_intents.confirm(paid.id)).code == "payment_intent_unexpected_state"

    @pytest.mark.parametrize(
        ("fields", "code", "param"),
        [
            ({"amount": 49}, "amount_too_small", "amount"),
            ({"amount": 100_000_000}, "amount_too_large", "amount"),
            ({"amount": -1}, "parameter_invalid_integer", "amount"),
            ({"amount": "x"}, "parameter_invalid_integer", "amount"),
            ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
            ({"currency": ""}, "parameter_missing", "currency"),
        ],
    )
    def test_wrong_parameters_are_named(self, client: Client, fields: dict[str, Any], code: str, param: str) -> None:
        """docs.stripe.com/error-codes"""
        error = refused(lambda: client.payment_intents.create({"amount": 10_000, "currency": "usd", **fields}))
        assert isinstance(error, stripe.InvalidRequestError)
        assert (error.code, error.param) == (code, param)

    def test_payment_method_types_is_gone(self, client: Client) -> None:
        """docs.stripe.com/changelog/endive/2026-09-30 (removed from payment intents)"""
        error = refused(lambda: intent(client, payment_method_types=["card"]))
        assert error.code == "payment_method_types_no_longer_supported"

    def test_lists_are_newest_first_and_paged(self, client: Client) -> None:
        """docs.stripe.com/api/pagination"""
        made = [intent(client).id for _ in range(5)]
        page = client.payment_intents.list({"limit": 2})
        assert (page.has_more, len(page.data)) == (True, 2)
        assert [row.id for row in page.auto_paging_iter()] == made[::-1]

    def test_expand_puts_the_object_in_place_of_its_id(self, client: Client) -> None:
        """docs.stripe.com/expand"""
        paid = client.payment_intents.confirm(intent(client).id, {"expand": ["latest_charge.balance_transaction"]})
        assert paid.latest_charge.balance_transaction.amount == 10_000
        assert paid.latest_charge.payment_method_details.card.last4 == "4242"


class TestIdempotency:
    """docs.stripe.com/api/idempotent_requests"""

    def test_the_same_key_gives_the_first_answer(self, client: Client) -> None:
        options = {"idempotency_key": "k1"}
        first, second = (
            client.payment_intents.create({"amount": 10_000, "currency": "usd"}, options) for _ in range(2)
        )
        assert second.id == first.id
        assert second.last_response.headers["Idempotent-Replayed"] == "true"

    def test_the_same_key_with_other_parameters_is_an_error(self, client: Client) -> None:
        client.payment_intents.create({"amount": 10_000, "currency": "usd"}, {"idempotency_key": "k1"})
        error = refused(
            lambda: client.payment_intents.create({"amount": 10_001, "currency": "usd"}, {"idempotency_key": "k1"})
        )
        assert isinstance(error, stripe.IdempotencyError)

    def test_a_decline_is_kept_for_its_key(self, client: Client) -> None:
        created = intent(client, "pm_card_chargeDeclined")
        for _ in range(2):
            refused(lambda: client.payment_intents.confirm(created.id, {}, {"idempotency_key": "k1"}))
        assert len(client.charges.list({"payment_intent": created.id}).data) == 1

    def test_a_server_error_is_kept_for_its_key(self, client: Client, stripe_sandbox: Sandbox) -> None:
        stripe_sandbox.fault("POST", "/v1/payment_intents", "fail_500")
        error = refused(
            lambda: client.payment_intents.create({"amount": 10_000, "currency": "usd"}, {"idempotency_key": "k1"})
        )
        assert error.http_status == 500
        assert error.headers is not None
        assert error.headers["Idempotent-Replayed"] == "true"

    def test_parameters_that_fail_validation_leave_the_key_free(self, client: Client) -> None:
        options = {"idempotency_key": "k1"}
        refused(lambda: client.payment_intents.create({"amount": 1, "currency": "usd"}, options))
        assert client.payment_intents.create({"amount": 10_000, "currency": "usd"}, options).amount == 10_000

    def test_keys_are_pruned_after_a_day(self, client: Client, stripe_sandbox: Sandbox) -> None:
        options = {"idempotency_key": "k1"}
        first = client.payment_intents.create({"amount": 10_000, "currency": "usd"}, options)
        stripe_sandbox.advance_clock(24 * 3600 + 1)
        assert client.payment_intents.create({"amount": 10_000, "currency": "usd"}, options).id != first.id


class TestRefunds:
    """docs.stripe.com/refunds and docs.stripe.com/api/refunds/create"""

    def test_partial_refunds_add_up_to_the_charge(self, client: Client) -> None:
        paid = charged(client)
        for amount in (4_000, 6_000):
            assert client.refunds.create({"payment_intent": paid.id, "amount": amount}).status == "succeeded"
        assert client.charges.retrieve(paid.latest_charge).refunded is True
        error = refused(lambda: client.refunds.create({"payment_intent": paid.id, "amount": 1}))
        assert error.code == "charge_already_refunded"

    def test_more_than_is_left_is_refused(self, client: Client) -> None:
        paid = charged(client)
        error = refused(lambda: client.refunds.create({"payment_intent": paid.id, "amount": 10_001}))
        assert "greater than unrefunded amount" in str(error)

    def test_what_was_not_charged_is_not_refunded(self, client: Client) -> None:
        created = intent(client)
        error = refused(lambda: client.refunds.create({"payment_intent": created.id}))
        assert isinstance(error, stripe.InvalidRequestError)

    def test_refunds_are_listed_by_their_payment(self, client: Client) -> None:
        """docs.stripe.com/api/refunds/list"""
        first, second = charged(client), charged(client)
        made = client.refunds.create({"payment_intent": first.id, "amount": 5})
        client.refunds.create({"payment_intent": second.id, "amount": 5})
        assert [row.id for row in client.refunds.list({"payment_intent": first.id}).data] == [made.id]


class TestTransfers:
    """docs.stripe.com/connect/separate-charges-and-transfers"""

    def test_a_transfer_may_use_a_charge_whose_money_is_pending(self, client: Client) -> None:
        """…#transfer-availability: with source_transaction it succeeds whatever the balance is."""
        paid = charged(client, transfer_group="b-1")
        moved = client.transfers.create(
            {
                "amount": 8_500,
                "currency": "usd",
                "destination": account(client).id,
                "source_transaction": paid.latest_charge,
                "transfer_group": "b-1",
            }
        )
        assert (moved.amount, moved.source_transaction) == (8_500, paid.latest_charge)
        assert [row.id for row in client.transfers.list({"transfer_group": "b-1"}).data] == [moved.id]

    def test_no_more_than_the_charge_leaves_it(self, client: Client) -> None:
        paid, destination = charged(client), account(client).id
        fields = {"currency": "usd", "destination": destination, "source_transaction": paid.latest_charge}
        client.transfers.create({"amount": 9_000, **fields})
        assert isinstance(
            refused(lambda: client.transfers.create({"amount": 1_001, **fields})), stripe.InvalidRequestError
        )

    def test_without_a_source_it_needs_available_money(self, client: Client, stripe_sandbox: Sandbox) -> None:
        """docs.stripe.com/error-codes#balance-insufficient"""
        charged(client)
        fields = {"amount": 5_000, "currency": "usd", "destination": account(client).id}
        assert refused(lambda: client.transfers.create(fields)).code == "balance_insufficient"
        stripe_sandbox.advance_clock(3 * 24 * 3600)
        assert client.transfers.create(fields).amount == 5_000

    def test_an_unknown_destination_is_missing(self, client: Client) -> None:
        error = refused(lambda: client.transfers.create({"amount": 1, "currency": "usd", "destination": "acct_nobody"}))
        assert (error.code, error.http_status) == ("resource_missing", 404)

    def test_the_currency_is_the_charges(self, client: Client) -> None:
        paid, destination = charged(client), account(client).id
        fields = {"currency": "eur", "destination": destination, "source_transaction": paid.latest_charge}
        assert isinstance(refused(lambda: client.transfers.create({"amount": 1, **fields})), stripe.InvalidRequestError)


class TestBalance:
    """docs.stripe.com/payments/balances"""

    def test_a_charge_is_pending_before_it_is_available(self, client: Client, stripe_sandbox: Sandbox) -> None:
        charged(client)
        balance = client.balance.retrieve()
        assert [(row.amount, row.currency) for row in balance.pending] == [(10_000, "usd")]
        assert balance.available == []
        stripe_sandbox.advance_clock(3 * 24 * 3600)
        assert [(row.amount, row.currency) for row in client.balance.retrieve().available] == [(10_000, "usd")]

    def test_every_movement_is_a_balance_transaction(self, client: Client) -> None:
        """docs.stripe.com/reports/balance-transaction-types"""
        paid = charged(client)
        client.refunds.create({"payment_intent": paid.id, "amount": 1_000})
        rows = client.balance_transactions.list().data
        assert [(row.type, row.amount) for row in rows] == [("refund", -1_000), ("charge", 10_000)]


class TestEvents:
    """docs.stripe.com/api/events"""

    def test_what_happens_is_told(self, client: Client, stripe_sandbox: Sandbox) -> None:
        paid = charged(client)
        client.refunds.create({"payment_intent": paid.id})
        told = [row.type for row in client.events.list().data][::-1]
        assert told == [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "refund.created",
            "charge.refunded",
        ]
        (event,) = client.events.list({"type": "payment_intent.succeeded"}).data
        assert client.events.retrieve(event.id).data.object["id"] == paid.id
        assert event.api_version == API_VERSION

    def test_nothing_is_told_of_what_was_refused(self, client: Client) -> None:
        refused(lambda: client.refunds.create({"payment_intent": "pi_nobody"}))
        assert client.events.list().data == []


class TestErrors:
    """docs.stripe.com/api/errors"""

    def test_a_wrong_key_is_401(self, stripe_sandbox: Sandbox) -> None:
        stranger: Client = stripe.StripeClient("sk_test_wrong", base_addresses={"api": stripe_sandbox.url}).v1
        assert isinstance(refused(stranger.balance.retrieve), stripe.AuthenticationError)

    def test_what_does_not_exist_is_404(self, client: Client) -> None:
        error = refused(lambda: client.payment_intents.retrieve("pi_nobody"))
        assert (error.http_status, error.code) == (404, "resource_missing")

    def test_an_unknown_address_is_404(self, client: Client) -> None:
        assert refused(lambda: client.customers.retrieve("cus_1")).http_status == 404


class TestThePort:
    """The adapter keeps the port's promises over HTTP."""

    @pytest.fixture
    def port(self, stripe_sandbox: Sandbox) -> PaymentGateway:
        return gateway()

    def request(self, card: str = "pm_card_visa", amount: Money | None = None) -> IntentRequest:
        """Return a payment to be made."""
        return IntentRequest("payment-1", amount or Money(10_000, "USD"), card, "group", {})

    @pytest.mark.parametrize(
        "amount", [Money(5_000, "JPY"), Money(5_000, "ISK"), Money(12_340, "KWD"), Money(10_000, "USD")]
    )
    def test_minor_units_are_the_currencys_own(self, port: PaymentGateway, amount: Money) -> None:
        """docs.stripe.com/currencies#zero-decimal"""
        created = port.create_intent(self.request(amount=amount), key="k")
        assert port.confirm_intent(created.id, key="k2").received == amount

    def test_what_a_currency_does_not_have_is_refused(self, client: Client) -> None:
        """docs.stripe.com/currencies#special-cases: krónur end in 00, dinars in 0."""
        for amount, currency in ((150, "isk"), (12_345, "kwd")):
            with pytest.raises(stripe.InvalidRequestError):
                client.payment_intents.create({"amount": amount, "currency": currency})

    def test_a_decline_is_a_fact(self, port: PaymentGateway) -> None:
        created = port.create_intent(self.request("pm_card_chargeDeclined"), key="k")
        facts = port.confirm_intent(created.id, key="k2")
        assert (facts.status, facts.failure_code, facts.payment_id) == ("failed", "card_declined", "payment-1")

    def test_cancelling_too_late_tells_the_success(self, port: PaymentGateway) -> None:
        created = port.create_intent(self.request(), key="k")
        port.confirm_intent(created.id, key="k2")
        assert port.cancel_intent(created.id, key="k3").status == "succeeded"

    def test_what_is_not_there_is_none(self, port: PaymentGateway) -> None:
        created = port.create_intent(self.request(), key="k")
        assert port.retrieve_intent("pi_nobody") is None
        assert port.retrieve_refund("re_nobody") is None
        assert port.retrieve_transfer("tr_nobody") is None
        assert port.retrieve_account("acct_nobody") is None
        assert port.find_refund(created.id, "nothing") is None
        assert port.find_transfer("no-group", "nothing") is None

    def test_movements_are_found_by_our_ids(self, port: PaymentGateway) -> None:
        from apps.common.clock import real_now

        created = port.create_intent(self.request(), key="k")
        paid = port.confirm_intent(created.id, key="k2")
        opened = AccountRequest("payee-1", "p@example.com", "US", real_now())
        destination = port.open_account(opened, key="k3")
        moved = port.transfer(
            TransferRequest("transfer-1", paid.charge_id, destination.id, Money(50, "USD"), "g"), key="k4"
        )
        returned = port.refund(RefundRequest("refund-1", created.id, Money(60, "USD")), key="k5")
        assert port.find_transfer("g", "transfer-1") == port.retrieve_transfer(moved.id) == moved
        assert port.find_refund(created.id, "refund-1") == port.retrieve_refund(returned.id) == returned
        assert port.find_account(opened) == port.retrieve_account(destination.id) == destination

    def test_a_refusal_carries_its_code(self, port: PaymentGateway) -> None:
        with pytest.raises(GatewayRefused) as refusal:
            port.create_intent(self.request(amount=Money(1, "USD")), key="k")
        assert refusal.value.code == "amount_too_small"

    def test_the_balance_is_told_by_currency(self, port: PaymentGateway, stripe_sandbox: Sandbox) -> None:
        created = port.create_intent(self.request(), key="k")
        port.confirm_intent(created.id, key="k2")
        stripe_sandbox.advance_clock(3 * 24 * 3600)
        assert port.balance() == BalanceFacts(available={"USD": Money(10_000, "USD")}, pending={})


def test_a_payment_method_is_not_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="apps.payments.stripe_sandbox.server"):
        client.payment_methods.retrieve("pm_card_visa")
    assert "GET /v1/payment_methods/pm_… 200" in caplog.text
    assert "pm_card_visa" not in caplog.text
