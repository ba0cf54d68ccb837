"""Refunds. Sources: docs.stripe.com/refunds, docs.stripe.com/api/refunds, docs.stripe.com/testing#refunds."""

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.nouns import cards, disputes, money
from apps.payments.stripe_sandbox.problems import executed, invalid
from apps.payments.stripe_sandbox.store import Body

REASONS = {"duplicate", "fraudulent", "requested_by_customer"}


def create(context: Context) -> Body:
    """POST /v1/refunds"""
    charge = _charge_of(context)
    remaining = charge["amount"] - charge["amount_refunded"]
    if disputes.blocks_refunds(context, charge):
        raise executed(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if remaining == 0:
        raise executed(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = context.integer("amount", default=remaining)
    if amount > remaining:
        raise executed(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({remaining}).",
            code="amount_too_large",
            param="amount",
        )
    reason = context.params.get("reason")
    if reason is not None and reason not in REASONS:
        raise invalid(f"Invalid reason: must be one of {sorted(REASONS)}", param="reason")
    return _refund(context, charge, amount, reason)


def _refund(context: Context, charge: Body, amount: int, reason: str | None) -> Body:
    outcome = cards.CARDS[charge["payment_method"]].refund
    refund = context.store.add(
        "re",
        "refund",
        amount=amount,
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        status="pending" if outcome == "settle" else "succeeded",
        reason=reason,
        metadata=context.metadata(),
        failure_reason=None,
    )
    booked = money.book(context, "refund", refund["id"], -amount, charge["currency"])
    refund["balance_transaction"] = booked["id"]
    context.store.save(refund)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    context.store.save(charge)
    if outcome:
        context.later(f"{outcome}_refund", refund, context.rules.later_seconds)
    context.emit("refund.created", refund)
    context.emit("charge.refunded", charge)
    disputes.close_refunded_inquiries(context, charge)
    return refund


def settle(context: Context, refund_id: str) -> None:
    """Let the bank take a pending refund."""
    refund = context.store.get("refund", refund_id)
    if refund is not None and refund["status"] == "pending":
        refund["status"] = "succeeded"
        context.store.save(refund)
        context.emit("refund.updated", refund)


def fail(context: Context, refund_id: str, reason: str = "unknown") -> None:
    """Let the bank return a refund: its money is back on the balance, and may be refunded again.

    Source: docs.stripe.com/refunds#failed-refunds.
    """
    refund = context.store.get("refund", refund_id)
    if refund is None or refund["status"] == "failed":
        return
    booked = money.book(context, "refund_failure", refund["id"], refund["amount"], refund["currency"])
    refund |= {"status": "failed", "failure_reason": reason, "failure_balance_transaction": booked["id"]}
    context.store.save(refund)
    charge = context.fetch("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    context.store.save(charge)
    context.emit("refund.updated", refund)
    context.emit("refund.failed", refund)


def fail_disputed(context: Context, refund_id: str) -> None:
    """Let a refund fail that was made during an inquiry which became a chargeback.

    Source: docs.stripe.com/api/refunds/object (failure_reason).
    """
    fail(context, refund_id, "charge_for_pending_refund_disputed")


def fail_now(context: Context) -> Body:
    """POST /_sandbox/refunds/{id}/fail: the bank returns it; `reason` is Stripe's failure_reason."""
    refund = context.fetch("refund", context.ids[0])
    fail(context, refund["id"], context.text("reason", default="unknown"))
    return context.fetch("refund", refund["id"])


def _charge_of(context: Context) -> Body:
    if "charge" in context.params:
        return context.fetch("charge", context.text("charge"), "charge")
    intent = context.fetch("payment_intent", context.text("payment_intent"), "payment_intent")
    charge = intent["status"] == "succeeded" and context.store.get("charge", intent["latest_charge"])
    if not charge:
        raise invalid(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
            code="payment_intent_unexpected_state",
        )
    return charge


def retrieve(context: Context) -> Body:
    """GET /v1/refunds/{id}"""
    return context.fetch("refund", context.ids[0])


def listing(context: Context) -> Body:
    """GET /v1/refunds"""
    return context.listing("refund", "/v1/refunds", "payment_intent", "charge")
