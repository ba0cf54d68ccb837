"""What Stripe documents, spoken by the real SDK over HTTP. Each case names its source.

Whatever PetWash relies on at Stripe stands in `test_conformance*.py`; `conformance.py` says what
the cases run on.
"""

from itertools import islice
from typing import Any

import pytest
import stripe

from apps.payments.gateways.stripe_api import API_VERSION
from apps.payments.tests.conformance import Client, Target, charged, intent, refused


@pytest.fixture
def client(target: Target) -> Client:
    """The SDK as the adapter sets it up."""
    return target.client


class TestPaymentMethods:
    """docs.stripe.com/api/payment_methods/retrieve"""

    def test_a_card_has_the_fingerprint_of_its_charges(self, client: Client, target: Target) -> None:
        known = client.payment_methods.retrieve("pm_card_visa")
        assert known.object == "payment_method"
        charge = client.charges.retrieve(charged(target).latest_charge)
        assert known.card.fingerprint == charge.payment_method_details.card.fingerprint

    def test_one_that_does_not_exist_is_missing(self, client: Client) -> None:
        assert refused(lambda: client.payment_methods.retrieve("pm_none")).code == "resource_missing"

    def test_the_adapter_knows_the_card_and_says_nothing_of_one_that_is_none(self, target: Target) -> None:
        assert target.port.card_fingerprint("pm_card_visa")
        assert target.port.card_fingerprint("pm_none") == ""


class TestPaymentIntents:
    """docs.stripe.com/payments/paymentintents/lifecycle"""

    def test_a_method_makes_it_wait_for_confirmation(self, client: Client, target: Target) -> None:
        assert intent(target).status == "requires_confirmation"

    def test_without_a_method_it_waits_for_one(self, client: Client) -> None:
        created = client.payment_intents.create({"amount": 10_000, "currency": "usd"})
        assert created.status == "requires_payment_method"
        assert created.client_secret.startswith(f"{created.id}_secret_")

    def test_confirming_takes_the_money(self, client: Client, target: Target) -> None:
        paid = charged(target)
        assert (paid.status, paid.amount_received) == ("succeeded", 10_000)
        assert client.charges.retrieve(paid.latest_charge).paid is True

    def test_confirm_may_be_part_of_creation(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/payment_intents/create#create_payment_intent-confirm"""
        assert intent(target, confirm=True).status == "succeeded"

    def test_a_declined_card_is_402_and_asks_for_another_method(self, client: Client, target: Target) -> None:
        """docs.stripe.com/error-handling#payment-errors"""
        created = intent(target, "pm_card_chargeDeclined")
        error = refused(lambda: client.payment_intents.confirm(created.id))
        assert isinstance(error, stripe.CardError)
        assert error.error is not None
        assert (error.http_status, error.code, error.error.decline_code) == (402, "card_declined", "generic_decline")
        after = client.payment_intents.retrieve(created.id)
        assert (after.status, after.last_payment_error.code) == ("requires_payment_method", "card_declined")

    def test_another_method_can_be_confirmed_after_a_decline(self, client: Client, target: Target) -> None:
        """docs.stripe.com/payments/paymentintents/lifecycle (requires_payment_method)"""
        created = intent(target, "pm_card_chargeDeclined")
        refused(lambda: client.payment_intents.confirm(created.id))
        assert client.payment_intents.confirm(created.id, {"payment_method": "pm_card_visa"}).status == "succeeded"

    def test_a_card_that_asks_its_holder_requires_action(self, client: Client, target: Target) -> None:
        """docs.stripe.com/testing#regulatory-cards"""
        waiting = charged(target, card="pm_card_authenticationRequired")
        assert (waiting.status, waiting.amount_received) == ("requires_action", 0)
        assert waiting.next_action.type == "use_stripe_sdk"

    @pytest.mark.needs_sandbox("the payer answers 3-D Secure in a browser")
    def test_a_failed_authentication_asks_for_another_method(self, client: Client, target: Target) -> None:
        """docs.stripe.com/error-codes#payment-intent-authentication-failure"""
        waiting = charged(target, card="pm_card_authenticationRequired")
        target.sandbox.authenticate(waiting.id, "fail")
        after = client.payment_intents.retrieve(waiting.id)
        assert after.status == "requires_payment_method"
        assert after.last_payment_error.code == "payment_intent_authentication_failure"

    @pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_authenticationRequired"])
    def test_it_can_be_cancelled_until_it_succeeds(self, client: Client, target: Target, card: str) -> None:
        """docs.stripe.com/api/payment_intents/cancel"""
        created = intent(target, card) if card == "pm_card_visa" else charged(target, card=card)
        assert client.payment_intents.cancel(created.id).status == "canceled"
        error = refused(lambda: client.payment_intents.confirm(created.id))
        assert error.code == "payment_intent_unexpected_state"

    def test_a_success_is_neither_cancelled_nor_confirmed_again(self, client: Client, target: Target) -> None:
        """docs.stripe.com/error-codes#payment-intent-unexpected-state"""
        paid = charged(target)
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

    def test_payment_method_types_is_gone(self, client: Client, target: Target) -> None:
        """docs.stripe.com/changelog/endive/2026-09-30 (removed from payment intents)"""
        error = refused(lambda: intent(target, payment_method_types=["card"]))
        assert error.code == "payment_method_types_no_longer_supported"

    def test_lists_are_newest_first_and_paged(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/pagination"""
        made = [intent(target).id for _ in range(5)]
        page = client.payment_intents.list({"limit": 2})
        assert (page.has_more, len(page.data)) == (True, 2)
        assert [row.id for row in islice(page.auto_paging_iter(), 5)] == made[::-1]

    def test_expand_puts_the_object_in_place_of_its_id(self, client: Client, target: Target) -> None:
        """docs.stripe.com/expand"""
        paid = client.payment_intents.confirm(intent(target).id, {"expand": ["latest_charge.balance_transaction"]})
        assert paid.latest_charge.balance_transaction.type == "charge"
        assert paid.latest_charge.payment_method_details.card.last4 == "4242"


class TestIdempotency:
    """docs.stripe.com/api/idempotent_requests"""

    FIELDS = {"amount": 10_000, "currency": "usd"}

    @pytest.fixture
    def options(self, target: Target) -> dict[str, str]:
        """A key of its own."""
        return {"idempotency_key": target.fresh()}

    def test_the_same_key_gives_the_first_answer(self, client: Client, options: dict[str, str]) -> None:
        first, second = (client.payment_intents.create(self.FIELDS, options) for _ in range(2))
        assert second.id == first.id
        assert second.last_response.headers["Idempotent-Replayed"] == "true"

    def test_the_same_key_with_other_parameters_is_an_error(self, client: Client, options: dict[str, str]) -> None:
        client.payment_intents.create(self.FIELDS, options)
        error = refused(lambda: client.payment_intents.create({**self.FIELDS, "amount": 10_001}, options))
        assert isinstance(error, stripe.IdempotencyError)
        assert error.http_status == 400

    def test_a_decline_is_kept_for_its_key(self, client: Client, target: Target, options: dict[str, str]) -> None:
        created = intent(target, "pm_card_chargeDeclined")
        for _ in range(2):
            refused(lambda: client.payment_intents.confirm(created.id, {}, options))
        assert len(client.charges.list({"payment_intent": created.id}).data) == 1

    def test_parameters_that_fail_validation_leave_the_key_free(self, client: Client, options: dict[str, str]) -> None:
        refused(lambda: client.payment_intents.create({**self.FIELDS, "amount": 1}, options))
        assert client.payment_intents.create(self.FIELDS, options).amount == 10_000

    @pytest.mark.needs_sandbox("Stripe's servers do not fail on demand")
    def test_a_server_error_is_kept_for_its_key(self, client: Client, target: Target, options: dict[str, str]) -> None:
        target.sandbox.fault("POST", "/v1/payment_intents", "fail_500")
        error = refused(lambda: client.payment_intents.create(self.FIELDS, options))
        assert error.http_status == 500
        assert error.headers is not None
        assert error.headers["Idempotent-Replayed"] == "true"

    @pytest.mark.needs_sandbox("Stripe's clock cannot be moved by a day")
    def test_keys_are_pruned_after_a_day(self, client: Client, target: Target, options: dict[str, str]) -> None:
        first = client.payment_intents.create(self.FIELDS, options)
        target.sandbox.advance_clock(24 * 3600 + 1)
        assert client.payment_intents.create(self.FIELDS, options).id != first.id


class TestErrors:
    """docs.stripe.com/api/errors"""

    def test_a_wrong_key_is_401(self, target: Target) -> None:
        stranger: Client = stripe.StripeClient("sk_test_wrong", base_addresses={"api": target.url}).v1
        assert isinstance(refused(stranger.balance.retrieve), stripe.AuthenticationError)

    def test_what_does_not_exist_is_404(self, client: Client) -> None:
        error = refused(lambda: client.payment_intents.retrieve("pi_nobody"))
        assert (error.http_status, error.code) == (404, "resource_missing")

    def test_an_unknown_address_is_404(self, client: Client) -> None:
        assert refused(lambda: client.customers.retrieve("cus_1")).http_status == 404


class TestEvents:
    """docs.stripe.com/api/events"""

    def test_what_happens_is_told(self, client: Client, target: Target) -> None:
        paid = charged(target)
        client.refunds.create({"payment_intent": paid.id})
        expected = {"payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.refunded"}

        def told() -> set[str]:
            recent = islice(client.events.list({"limit": 100}).auto_paging_iter(), 300)
            mine = {row.type for row in recent if paid.id in str(row.data.object)}
            return mine if mine >= expected else set()

        assert target.wait_for(told) >= expected

    def test_one_is_found_by_its_type_with_the_version_of_its_request(self, client: Client, target: Target) -> None:
        paid = charged(target)

        def found() -> Any:
            rows = client.events.list({"type": "payment_intent.succeeded", "limit": 100}).data
            return next((row for row in rows if row.data.object["id"] == paid.id), None)

        event = target.wait_for(found)
        assert client.events.retrieve(event.id).data.object["id"] == paid.id
        assert event.type == "payment_intent.succeeded"

    @pytest.mark.needs_sandbox("Stripe writes the version that its dashboard has set")
    def test_they_are_written_in_the_version_of_the_request(self, client: Client, target: Target) -> None:
        charged(target)
        assert {row.api_version for row in client.events.list().data} == {API_VERSION}

    def test_several_types_and_a_window_narrow_the_list(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/events/list (types, created)"""
        paid = charged(target)
        types = ["payment_intent.succeeded", "charge.succeeded"]

        def found() -> list[Any]:
            rows = client.events.list({"types": types, "created": {"gte": paid.created}, "limit": 100}).data
            return rows if sum(paid.id in str(row.data.object) for row in rows) == 2 else []

        rows = target.wait_for(found)
        assert {row.type for row in rows} == set(types)
        assert client.events.list({"types": types, "created": {"lt": 1_000_000_000}}).data == []

    def test_both_type_and_types_is_refused(self, client: Client) -> None:
        """docs.stripe.com/api/events/list (types): one of the two may be given."""
        error = refused(lambda: client.events.list({"type": "charge.failed", "types": ["charge.failed"]}))
        assert isinstance(error, stripe.InvalidRequestError)

    def test_lists_are_paged_both_ways(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/pagination (starting_after, ending_before)"""
        for _ in range(3):
            intent(target)
        window = {"created": {"lte": intent(target).created}}
        rows = client.events.list({**window, "limit": 4}).data
        older = client.events.list({**window, "limit": 2, "starting_after": rows[1].id})
        newer = client.events.list({**window, "limit": 2, "ending_before": rows[2].id})
        assert [row.id for row in older.data] == [row.id for row in rows[2:]]
        assert [row.id for row in newer.data] == [row.id for row in rows[:2]]

    @pytest.mark.needs_sandbox("the account is shared with whoever tests there")
    def test_nothing_is_told_of_what_was_refused(self, client: Client, target: Target) -> None:
        refused(lambda: client.refunds.create({"payment_intent": "pi_nobody"}))
        assert client.events.list().data == []


@pytest.mark.needs_sandbox("it is the sandbox's own log")
def test_a_payment_method_is_not_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="apps.payments.stripe_sandbox.server"):
        client.payment_methods.retrieve("pm_card_visa")
    assert "GET /v1/payment_methods/pm_… 200" in caplog.text
    assert "pm_card_visa" not in caplog.text
