"""Transfers to connected accounts, where each arrives as a payment.

Sources: docs.stripe.com/connect/separate-charges-and-transfers, docs.stripe.com/api/transfers.
"""

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.nouns import money
from apps.payments.stripe_sandbox.problems import executed, invalid, missing
from apps.payments.stripe_sandbox.store import Body


def create(context: Context) -> Body:
    """POST /v1/transfers"""
    amount, currency = context.integer("amount"), context.text("currency").lower()
    account = context.store.get("account", context.text("destination"))
    if account is None:
        raise missing("destination", context.text("destination"), "destination")
    if account["capabilities"].get("transfers") != "active":
        raise executed(
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    source = context.params.get("source_transaction")
    available_on = 0
    if source is not None:
        available_on = _check_source(context, source, amount, currency)
    elif amount > money.available(context, currency):
        raise executed(
            "You have insufficient available funds in your Stripe account. Try adding funds "
            "directly to your available balance.",
            code="balance_insufficient",
        )
    return _transfer(context, amount, currency, account, source, available_on)


def _check_source(context: Context, source: str, amount: int, currency: str) -> int:
    """A transfer tied to a charge may be made while its money is pending, up to its amount.

    Returns when that money is available, and with it the transfer's.
    """
    charge = context.fetch("charge", source, "source_transaction")
    if charge["currency"] != currency:
        raise invalid(
            "The currency of source_transaction's balance transaction must be the same as the "
            f"transfer currency ({charge['currency']}).",
            param="currency",
        )
    if charge["status"] != "succeeded":
        raise executed("The source_transaction did not succeed.", code="resource_missing")
    moved = sum(
        row["amount"] - row["amount_reversed"] for row in context.store.find("transfer", {"source_transaction": source})
    )
    if moved + amount > charge["amount"]:
        left = charge["amount"] - moved
        raise executed(
            f"Cannot use {source} as the source_transaction: its remaining amount is {left}.",
            code="amount_too_large",
            param="amount",
        )
    booked = context.store.get("balance_transaction", charge["balance_transaction"])
    return int(booked["available_on"]) if booked else 0


def _transfer(
    context: Context, amount: int, currency: str, account: Body, source: str | None, available_on: int
) -> Body:
    transfer = context.store.add(
        "tr",
        "transfer",
        amount=amount,
        amount_reversed=0,
        reversed=False,
        currency=currency,
        destination=account["id"],
        source_transaction=source,
        transfer_group=context.params.get("transfer_group"),
        description=context.params.get("description"),
        metadata=context.metadata(),
    )
    booked = money.book(context, "transfer", transfer["id"], -amount, currency, available_on=available_on)
    transfer |= {
        "balance_transaction": booked["id"],
        "destination_payment": _arrive(context, transfer, available_on)["id"],
        "reversals": {
            "object": "list",
            "data": [],
            "has_more": False,
            "total_count": 0,
            "url": f"/v1/transfers/{transfer['id']}/reversals",
        },
    }
    context.store.save(transfer)
    context.emit("transfer.created", transfer)
    return transfer


def _arrive(context: Context, transfer: Body, available_on: int) -> Body:
    """Book the transfer on the connected account; its money is available when its source's is."""
    owner = transfer["destination"]
    payment = context.store.add(
        "py",
        "charge",
        owner=owner,
        amount=transfer["amount"],
        amount_captured=transfer["amount"],
        amount_refunded=0,
        currency=transfer["currency"],
        status="succeeded",
        paid=True,
        captured=True,
        refunded=False,
        disputed=False,
        source_transfer=transfer["id"],
        payment_intent=None,
        metadata={},
    )
    booked = money.book(
        context, "payment", payment["id"], transfer["amount"], transfer["currency"],
        available_on=available_on, owner=owner,
    )  # fmt: skip
    payment["balance_transaction"] = booked["id"]
    context.store.save(payment)
    return payment


def retrieve(context: Context) -> Body:
    """GET /v1/transfers/{id}"""
    return context.fetch("transfer", context.ids[0], "transfer")


def listing(context: Context) -> Body:
    """GET /v1/transfers"""
    return context.listing("transfer", "/v1/transfers", "transfer_group", "destination")
