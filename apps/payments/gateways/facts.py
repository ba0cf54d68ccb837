"""Stripe's objects, read into the port's facts. Pure."""

from datetime import UTC, datetime
from typing import Any

from apps.common.money import Money
from apps.payments.gateways.port import (
    AccountFacts,
    BalanceEntry,
    BalanceFacts,
    DisputeFacts,
    EndpointFacts,
    IntentFacts,
    MovementFacts,
    WebhookFacts,
)
from apps.payments.gateways.wire import from_wire

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
        amount=from_wire(body["amount"], currency),
        received=from_wire(body.get("amount_received") or 0, currency),
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
    return from_wire(booked["fee"], currency)


def of_refund(body: Body) -> MovementFacts:
    """Read a refund."""
    return MovementFacts(
        id=body["id"],
        our_id=(body.get("metadata") or {}).get("refund_id", ""),
        status=_MOVEMENTS.get(str(body.get("status")), "pending"),
        amount=from_wire(body["amount"], body["currency"]),
        failure_code=body.get("failure_reason") or "",
    )


def of_transfer(body: Body) -> MovementFacts:
    """Read a transfer; a transfer that exists has succeeded (docs.stripe.com/api/transfers)."""
    return MovementFacts(
        id=body["id"],
        our_id=(body.get("metadata") or {}).get("transfer_id", ""),
        status="succeeded",
        amount=from_wire(body["amount"], body["currency"]),
    )


def of_reversal(body: Body) -> MovementFacts:
    """Read a reversal; without a status of its own one that exists has succeeded.

    Only platforms that queue reversals see a status (docs.stripe.com/connect/pending-transfer-reversals).
    """
    return MovementFacts(
        id=body["id"],
        our_id=(body.get("metadata") or {}).get("reversal_id", ""),
        status=_MOVEMENTS.get(str(body.get("status") or "succeeded"), "pending"),
        amount=from_wire(body["amount"], body["currency"]),
    )


def of_dispute(body: Body) -> DisputeFacts:
    """Read a dispute; what was withdrawn and kept follows from its balance transactions."""
    currency = str(body["currency"]).upper()
    booked: list[Body] = body.get("balance_transactions") or []
    settled = str(booked[0]["currency"]).upper() if booked else currency
    due = (body.get("evidence_details") or {}).get("due_by")
    return DisputeFacts(
        id=body["id"],
        charge_id=_id_of(body.get("charge")),
        intent_id=_id_of(body.get("payment_intent")),
        amount=from_wire(body["amount"], currency),
        status=str(body["status"]),
        reason=str(body.get("reason") or ""),
        evidence_due_at=_moment(due) if due else None,
        withdrawn=from_wire(-sum(row["amount"] for row in booked), settled),
        fee=from_wire(sum(row["fee"] for row in booked), settled),
    )


def of_event(body: Body) -> WebhookFacts:
    """Read what an event points to; a balance has no id of its own, and nothing follows from it."""
    subject = body["data"]["object"].get("id") or ""
    version = str(body.get("api_version") or "")
    return WebhookFacts(body["id"], body["type"], subject, _moment(body["created"]), version)


def of_balance(body: Body) -> BalanceFacts:
    """Read a balance."""
    return BalanceFacts(available=_by_currency(body["available"]), pending=_by_currency(body["pending"]))


def of_entry(body: Body) -> BalanceEntry:
    """Read a balance transaction."""
    currency = str(body["currency"]).upper()
    return BalanceEntry(
        id=body["id"],
        type=body["type"],
        source_id=_id_of(body.get("source")),
        amount=from_wire(body["amount"], currency),
        fee=from_wire(body["fee"], currency),
        net=from_wire(body["net"], currency),
        status=body["status"],
        created_at=_moment(body["created"]),
        available_at=_moment(body["available_on"]),
    )


def _by_currency(rows: list[Body]) -> dict[str, Money]:
    held = [from_wire(row["amount"], row["currency"]) for row in rows]
    return {money.currency: money for money in held}


def _id_of(reference: Any) -> str:
    return str(reference["id"] if isinstance(reference, dict) else reference or "")


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def of_account(body: Body) -> AccountFacts:
    """Read a connected account: it can be paid when transfers are active and payouts enabled."""
    transfers = (body.get("capabilities") or {}).get("transfers")
    return AccountFacts(
        id=body["id"],
        payee_id=(body.get("metadata") or {}).get("payee_id", ""),
        payouts_enabled=bool(body.get("payouts_enabled")) and transfers == "active",
        details_submitted=bool(body.get("details_submitted")),
    )


def of_balance_settings(body: dict[str, Any]) -> str:
    """Read how often an account's money is paid out by itself; empty when it says nothing of that."""
    payouts = (body.get("payments") or {}).get("payouts") or {}
    return str((payouts.get("schedule") or {}).get("interval") or "")


def of_endpoint(body: dict[str, Any]) -> EndpointFacts:
    """Read a webhook endpoint."""
    return EndpointFacts(
        url=body["url"], enabled=body.get("status") == "enabled", api_version=body.get("api_version") or ""
    )
