"""Test payment methods.

Sources: docs.stripe.com/testing (cards by PaymentMethod: declined payments, disputes, refunds,
available balance, 3D Secure), docs.stripe.com/api/payment_methods.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.problems import missing
from apps.payments.stripe_sandbox.store import Body


@dataclass(frozen=True, slots=True)
class TestCard:
    """How a test card behaves.

    It is declined with a code, or first asks its holder (3-D Secure), or is charged, and then its
    bank disputes the charge for a reason (an inquiry: without taking the money), or its refunds
    only settle later, or fail later. bypass: its charges are available at once.
    """

    __test__ = False

    last4: str
    code: str = ""
    decline_code: str = ""
    message: str = ""
    asks_holder: bool = False
    dispute: str = ""
    inquiry: bool = False
    refund: Literal["", "settle", "fail"] = ""
    bypass: bool = False


CARDS = {
    "pm_card_visa": TestCard("4242"),
    "pm_card_mastercard": TestCard("4444"),
    "pm_card_authenticationRequired": TestCard("3184", asks_holder=True),
    "pm_card_chargeDeclined": TestCard("0002", "card_declined", "generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": TestCard(
        "9995", "card_declined", "insufficient_funds", "Your card has insufficient funds."
    ),
    "pm_card_chargeDeclinedExpiredCard": TestCard("0069", "expired_card", "expired_card", "Your card has expired."),
    "pm_card_createDispute": TestCard("0259", dispute="fraudulent"),
    "pm_card_createDisputeProductNotReceived": TestCard("2685", dispute="product_not_received"),
    "pm_card_createDisputeInquiry": TestCard("1976", dispute="fraudulent", inquiry=True),
    "pm_card_pendingRefund": TestCard("7726", refund="settle"),
    "pm_card_refundFail": TestCard("5126", refund="fail"),
    "pm_card_bypassPending": TestCard("0077", bypass=True),
}


def retrieve(context: Context) -> Body:
    """GET /v1/payment_methods/{id}"""
    method = context.ids[0]
    card_of(method)
    return {"id": method, "object": "payment_method", "livemode": False, **card_details(method)}


def card_of(payment_method: str) -> TestCard:
    """Return the test card. Raises: StripeProblem resource_missing."""
    if payment_method not in CARDS:
        raise missing("PaymentMethod", payment_method, "payment_method")
    return CARDS[payment_method]


def card_details(payment_method: str) -> Body:
    """Return `payment_method_details` as a charge shows them; a card has one fingerprint."""
    last4 = CARDS[payment_method].last4
    fingerprint = hashlib.sha256(f"card {last4}".encode()).hexdigest()[:16]
    return {
        "type": "card",
        "card": {
            "brand": "mastercard" if payment_method == "pm_card_mastercard" else "visa",
            "last4": last4,
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": fingerprint,
            "funding": "credit",
        },
    }
