"""Refunds. Sources: docs.stripe.com/refunds, docs.stripe.com/api/refunds."""

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.nouns import money
from apps.payments.stripe_sandbox.problems import executed, invalid
from apps.payments.stripe_sandbox.store import Body

REASONS = {"duplicate", "fraudulent", "requested_by_customer"}


def create(context: Context) -> Body:
    """POST /v1/refunds"""
    charge = _charge_of(context)
    remaining = charge["amount"] - charge["amount_refunded"]
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
    refund = context.store.add(
        "re",
        "refund",
        amount=amount,
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        status="succeeded",
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
    context.emit("refund.created", refund)
    context.emit("charge.refunded", charge)
    return refund


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
