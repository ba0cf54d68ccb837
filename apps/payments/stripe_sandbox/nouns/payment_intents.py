"""Payment intents and their charges.

Sources: docs.stripe.com/payments/paymentintents/lifecycle, docs.stripe.com/api/payment_intents.
"""

import secrets

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.nouns import cards, money
from apps.payments.stripe_sandbox.problems import StripeProblem, declined, executed, invalid
from apps.payments.stripe_sandbox.store import Body

MAX_AMOUNT = 99_999_999
NO_LONGER = "payment_method_types_no_longer_supported"
CANCELABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


def create(context: Context) -> Body:
    """POST /v1/payment_intents"""
    amount, currency = money.amount_and_currency(context)
    if amount < money.MINIMUM.get(currency.upper(), 1):
        raise invalid("Amount must be at least the minimum charge.", code="amount_too_small",
                      param="amount")  # fmt: skip
    if amount > MAX_AMOUNT:
        raise invalid("Amount is too large.", code="amount_too_large", param="amount")
    if amount % money.MULTIPLE.get(currency.upper(), 1):
        # docs.stripe.com/currencies#three-decimal and #special-cases
        raise invalid("Invalid amount for this currency.", code="parameter_invalid_integer", param="amount")
    if "payment_method_types" in context.params:
        # docs.stripe.com/changelog/endive/2026-09-30 (removed as a parameter)
        raise invalid("payment_method_types is no longer supported.", code=NO_LONGER, param="payment_method_types")
    if "card" not in context.params.get("allowed_payment_method_types", ["card"]):
        raise invalid("This sandbox knows cards alone.", param="allowed_payment_method_types")
    method = context.params.get("payment_method")
    if method is not None:
        cards.card_of(method)
    intent = context.store.add(
        "pi",
        "payment_intent",
        amount=amount,
        amount_received=0,
        currency=currency,
        status="requires_confirmation" if method else "requires_payment_method",
        payment_method=method,
        allowed_payment_method_types=context.params.get("allowed_payment_method_types"),
        payment_method_types=["card"],
        capture_method="automatic",
        transfer_group=context.params.get("transfer_group"),
        description=context.params.get("description"),
        metadata=context.metadata(),
        last_payment_error=None,
        latest_charge=None,
        next_action=None,
        canceled_at=None,
        cancellation_reason=None,
    )
    intent["client_secret"] = f"{intent['id']}_secret_{secrets.token_urlsafe(18)}"
    context.store.save(intent)
    context.emit("payment_intent.created", intent)
    if context.flag("confirm"):
        intent = _confirm(context, intent)
    return _expanded(context, intent)


def confirm(context: Context) -> Body:
    """POST /v1/payment_intents/{id}/confirm"""
    intent = context.fetch("payment_intent", context.ids[0], "intent")
    method = context.params.get("payment_method")
    if method is not None:
        cards.card_of(method)
        intent["payment_method"] = method
    if intent["status"] not in {"requires_confirmation", "requires_payment_method"}:
        raise _unexpected(intent, "confirm")
    if intent["payment_method"] is None:
        raise _unexpected(intent, "confirm", "it is missing a payment method")
    return _expanded(context, _confirm(context, intent))


def cancel(context: Context) -> Body:
    """POST /v1/payment_intents/{id}/cancel"""
    intent = context.fetch("payment_intent", context.ids[0], "intent")
    if intent["status"] not in CANCELABLE:
        raise _unexpected(intent, "cancel")
    intent |= {
        "status": "canceled",
        "canceled_at": context.store.now(),
        "cancellation_reason": context.params.get("cancellation_reason"),
        "next_action": None,
    }
    context.store.save(intent)
    context.emit("payment_intent.canceled", intent)
    return _expanded(context, intent)


def retrieve(context: Context) -> Body:
    """GET /v1/payment_intents/{id}"""
    return _expanded(context, context.fetch("payment_intent", context.ids[0], "intent"))


def listing(context: Context) -> Body:
    """GET /v1/payment_intents"""
    answer = context.listing("payment_intent", "/v1/payment_intents", "customer")
    answer["data"] = [_expanded(context, intent) for intent in answer["data"]]
    return answer


def authenticate(context: Context) -> Body:
    """POST /_sandbox/payment_intents/{id}/authenticate: the holder's answer to 3-D Secure.

    `outcome` is `succeed` or `fail`; the sandbox's own endpoint, as a browser does this at Stripe.
    """
    intent = context.fetch("payment_intent", context.ids[0], "intent")
    if intent["status"] != "requires_action":
        raise _unexpected(intent, "authenticate")
    intent["next_action"] = None
    if context.params.get("outcome", "succeed") == "succeed":
        return _charge(context, intent)
    card = cards.TestCard(
        "3184",
        "payment_intent_authentication_failure",
        "",
        "The provided PaymentMethod has failed authentication.",
    )
    return _fail(context, intent, card, charge=None)


def retrieve_charge(context: Context) -> Body:
    """GET /v1/charges/{id}"""
    return _expanded(context, context.fetch("charge", context.ids[0], "charge"))


def list_charges(context: Context) -> Body:
    """GET /v1/charges"""
    return context.listing("charge", "/v1/charges", "payment_intent", "transfer_group", "customer")


def _confirm(context: Context, intent: Body) -> Body:
    card = cards.card_of(intent["payment_method"])
    if card.asks_holder:
        intent["status"] = "requires_action"
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_s"}}
        context.store.save(intent)
        context.emit("payment_intent.requires_action", intent)
        return intent
    if card.code:
        charge = _add_charge(context, intent, card)
        context.emit("charge.failed", charge)
        intent["latest_charge"] = charge["id"]
        intent = _fail(context, intent, card, charge=charge["id"])
        raise declined(charge["id"], card.code, card.decline_code, intent)
    return _charge(context, intent)


def _charge(context: Context, intent: Body) -> Body:
    charge = _add_charge(context, intent, None)
    amount, currency = intent["amount"], intent["currency"]
    card = cards.card_of(intent["payment_method"])
    booked = money.book(
        context, "charge", charge["id"], amount, currency, fee=context.rules.fee_of(amount),
        available_on=0 if card.bypass else context.store.now() + context.rules.pending_seconds,
    )  # fmt: skip
    charge["balance_transaction"] = booked["id"]
    context.store.save(charge)
    intent |= {
        "status": "succeeded",
        "amount_received": amount,
        "latest_charge": charge["id"],
        "last_payment_error": None,
    }
    context.store.save(intent)
    context.emit("charge.succeeded", charge)
    context.emit("payment_intent.succeeded", intent)
    if card.dispute:
        context.later("open_dispute", charge, 0)
    return intent


def _add_charge(context: Context, intent: Body, card: cards.TestCard | None) -> Body:
    return context.store.add(
        "ch",
        "charge",
        amount=intent["amount"],
        amount_captured=0 if card else intent["amount"],
        amount_refunded=0,
        currency=intent["currency"],
        status="failed" if card else "succeeded",
        paid=card is None,
        captured=card is None,
        refunded=False,
        disputed=False,
        balance_transaction=None,
        payment_intent=intent["id"],
        payment_method=intent["payment_method"],
        payment_method_details=cards.card_details(intent["payment_method"]),
        transfer_group=intent["transfer_group"],
        metadata=intent["metadata"],
        failure_code=card.code if card else None,
        failure_message=card.message if card else None,
    )


def _fail(context: Context, intent: Body, card: cards.TestCard, *, charge: str | None) -> Body:
    intent["status"] = "requires_payment_method"
    intent["last_payment_error"] = {
        "type": "card_error" if charge else "invalid_request_error",
        "code": card.code,
        "message": card.message,
        "charge": charge,
        **({"decline_code": card.decline_code} if card.decline_code else {}),
    }
    intent["payment_method"] = None
    context.store.save(intent)
    context.emit("payment_intent.payment_failed", intent)
    return intent


def _expanded(context: Context, body: Body) -> Body:
    """Put objects in place of ids, as `expand[]` asks (two levels)."""
    for path in context.params.get("expand", []):
        head, _, rest = str(path).removeprefix("data.").partition(".")
        if head == "latest_charge" and body.get(head):
            body = {**body, head: context.store.get("charge", _id(body[head]))}
            if rest == "balance_transaction" and body[head][rest]:
                charge = body[head]
                body = {**body, head: {**charge, rest: _booked(context, charge[rest])}}
        elif head == "balance_transaction" and body.get(head):
            body = {**body, head: _booked(context, body[head])}
    return body


def _booked(context: Context, reference: str | Body) -> Body:
    return money.shown(context, context.fetch("balance_transaction", _id(reference)))


def _id(value: str | Body) -> str:
    return value if isinstance(value, str) else str(value["id"])


def _unexpected(intent: Body, verb: str, why: str = "") -> StripeProblem:
    because = why or f"it has a status of {intent['status']}"
    return executed(
        f"You cannot {verb} this PaymentIntent because {because}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )
