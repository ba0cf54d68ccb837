"""What the conformance cases speak to: the sandbox, or Stripe's own test mode.

With STRIPE_TEST_API_KEY (a key `sk_test_…`) they run on Stripe; STRIPE_TEST_API_BASE may name
another server that claims to behave like it. A case that needs `/_sandbox` says so and why with
`needs_sandbox`, and is skipped there; every other case runs on both.
"""

import os
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import stripe

from apps.payments.gateways.stripe_api import API_VERSION, StripeGateway
from apps.payments.tests.fixtures import API_KEY, WEBHOOK_SECRET, Sandbox

Client = Any  # the SDK's services take typed dictionaries; the cases try what they do not allow
Found = TypeVar("Found")
STRIPE = "https://api.stripe.com"
PATIENCE_SECONDS = 90
BANK_SECONDS = 10


class Target:
    """A gateway under test, and what a case may ask of it beyond the API."""

    def __init__(self, url: str, key: str, sandbox: Sandbox | None) -> None:
        if not key.startswith("sk_test_"):
            raise ValueError("STRIPE_TEST_API_KEY must be a test key (sk_test_…): the cases move money.")
        self.url, self.key, self._sandbox = url, key, sandbox
        self.client: Client = stripe.StripeClient(
            key, base_addresses={"api": url}, max_network_retries=2, stripe_version=API_VERSION
        ).v1
        self.port = StripeGateway(api_key=key, webhook_secret=WEBHOOK_SECRET, base=url, timeout_seconds=20)

    @classmethod
    def chosen(cls, sandbox: Callable[[], Sandbox]) -> "Target":
        """Return Stripe's test mode if there is a key for it, the sandbox otherwise."""
        if key := os.environ.get("STRIPE_TEST_API_KEY", ""):
            return cls(os.environ.get("STRIPE_TEST_API_BASE", STRIPE), key, None)
        running = sandbox()
        return cls(running.url, API_KEY, running)

    @property
    def is_sandbox(self) -> bool:
        """Whether it is the sandbox, with `/_sandbox` and nobody else's money in it."""
        return self._sandbox is not None

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox, for the cases that are marked as needing it."""
        assert self._sandbox is not None, "mark the case with needs_sandbox"
        return self._sandbox

    def fresh(self, word: str = "key") -> str:
        """Return a word that nobody has used at this gateway."""
        return f"{word}-{secrets.token_hex(8)}"

    def wait_for(self, probe: Callable[[], Found]) -> Found:
        """Return what the probe finds once the banks have had their time."""
        if self._sandbox is not None:
            if not probe():
                self._sandbox.advance_clock(BANK_SECONDS)
            return probe()
        patience = time.monotonic() + PATIENCE_SECONDS
        while not (found := probe()) and time.monotonic() < patience:
            time.sleep(1)
        return found


def intent(target: Target, card: str = "pm_card_visa", **fields: Any) -> Any:
    """Create a payment intent of 100.00 USD."""
    return target.client.payment_intents.create(
        {
            "amount": 10_000,
            "currency": "usd",
            "payment_method": card,
            "allowed_payment_method_types": ["card"],
            **fields,
        }
    )


def charged(target: Target, card: str = "pm_card_visa", **fields: Any) -> Any:
    """Create a payment intent and confirm it."""
    return target.client.payment_intents.confirm(intent(target, card, **fields).id)


def payee(target: Target) -> str:
    """Return a connected account that can receive transfers, verified with Stripe's test values.

    Source: docs.stripe.com/connect/testing (identity and address verification).
    """
    made = target.client.accounts.create(
        {
            "country": "US",
            "email": "payee@example.com",
            "business_type": "individual",
            "business_profile": {"mcc": "7299", "url": "https://accessible.stripe.com"},
            "capabilities": {"transfers": {"requested": True}},
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "requirement_collection": "application",
                "stripe_dashboard": {"type": "none"},
            },
            "external_account": "btok_us_verified",
            "individual": {
                "first_name": "Pat",
                "last_name": "Payee",
                "email": "payee@example.com",
                "phone": "0000000000",
                "dob": {"day": 1, "month": 1, "year": 1901},
                "id_number": "000000000",
                "address": {
                    "line1": "address_full_match",
                    "city": "Schenectady",
                    "state": "NY",
                    "postal_code": "12345",
                    "country": "US",
                },
            },
            "tos_acceptance": {"date": int(time.time()), "ip": "203.0.113.7"},
        }
    )
    assert target.wait_for(lambda: target.client.accounts.retrieve(made.id).capabilities.transfers == "active")
    return str(made.id)


def transferred(target: Target, destination: str, amount: int = 8_000, card: str = "pm_card_bypassPending") -> Any:
    """Charge a card and send part of that money on; by default it is available at once."""
    paid = charged(target, card)
    return target.client.transfers.create(
        {
            "amount": amount,
            "currency": "usd",
            "destination": destination,
            "source_transaction": paid.latest_charge,
            "transfer_group": target.fresh("group"),
        }
    )


def disputed(target: Target, card: str = "pm_card_createDispute") -> tuple[Any, Any]:
    """Charge a card whose bank disputes it; returns the intent and the dispute with its withdrawal."""
    paid = charged(target, card)
    inquiry = card == "pm_card_createDisputeInquiry"

    def found() -> Any:
        rows = target.client.disputes.list({"payment_intent": paid.id}).data
        return rows[0] if rows and (inquiry or rows[0].balance_transactions) else None

    dispute = target.wait_for(found)
    assert dispute is not None
    return paid, dispute


def refused(call: Callable[[], Any]) -> stripe.StripeError:
    """Return the error that the call ends in."""
    with pytest.raises(stripe.StripeError) as error:
        call()
    return error.value
