"""Stripe's objects, read into the port's facts. Pure."""

from typing import Any

from apps.common.money import Money
from apps.payments.gateways.port import AccountFacts, IntentFacts, MovementFacts

Body = dict[str, Any]

_MOVEMENTS = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


def of_intent(body: Body) -> IntentFacts:
    """Read a payment intent, its latest charge expanded if there is one."""
    currency = str(body["currency"]).upper()
    charge = body.get("latest_charge")
    expanded: Body = charge if isinstance(charge, dict) else {}
    error: Body = body.get("last_payment_error") or {}
    card = ((expanded.get("payment_method_details") or {}).get("card")) or {}
    return IntentFacts(
        id=body["id"],
        payment_id=(body.get("metadata") or {}).get("payment_id", ""),
        status=_intent_status(body),
        amount=Money(body["amount"], currency),
        received=Money(body.get("amount_received") or 0, currency),
        charge_id=str(expanded.get("id") or charge or ""),
        client_secret=body.get("client_secret") or "",
        failure_code=error.get("code") or "",
        failure_message=error.get("message") or "",
        card_fingerprint=card.get("fingerprint") or "",
        fee=_fee(expanded.get("balance_transaction"), currency),
    )


def _intent_status(body: Body) -> str:
    status = str(body["status"])
    if status == "canceled":
        return "cancelled"
    if status == "requires_payment_method" and body.get("last_payment_error"):
        return "failed"
    return status


def _fee(booked: Any, currency: str) -> Money | None:
    if not isinstance(booked, dict) or str(booked["currency"]).upper() != currency:
        return None
    return Money(booked["fee"], currency)


def of_refund(body: Body) -> MovementFacts:
    """Read a refund."""
    return MovementFacts(
        id=body["id"],
        our_id=(body.get("metadata") or {}).get("refund_id", ""),
        status=_MOVEMENTS.get(str(body.get("status")), "pending"),
        amount=Money(body["amount"], str(body["currency"]).upper()),
        failure_code=body.get("failure_reason") or "",
    )


def of_transfer(body: Body) -> MovementFacts:
    """Read a transfer; a transfer that exists has succeeded (docs.stripe.com/api/transfers)."""
    return MovementFacts(
        id=body["id"],
        our_id=(body.get("metadata") or {}).get("transfer_id", ""),
        status="succeeded",
        amount=Money(body["amount"], str(body["currency"]).upper()),
    )


def of_account(body: Body) -> AccountFacts:
    """Read a connected account: it can be paid when transfers are active and payouts enabled."""
    transfers = (body.get("capabilities") or {}).get("transfers")
    return AccountFacts(
        id=body["id"],
        payee_id=(body.get("metadata") or {}).get("payee_id", ""),
        payouts_enabled=bool(body.get("payouts_enabled")) and transfers == "active",
        details_submitted=bool(body.get("details_submitted")),
    )
