"""Reversals: a transfer taken back from the connected account, in part or whole.

Sources: docs.stripe.com/api/transfer_reversals,
docs.stripe.com/connect/separate-charges-and-transfers#reverse-transfers.
"""

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.nouns import money
from apps.payments.stripe_sandbox.problems import executed, missing
from apps.payments.stripe_sandbox.store import Body

SHOWN = 10


def create(context: Context) -> Body:
    """POST /v1/transfers/{id}/reversals"""
    transfer = context.fetch("transfer", context.ids[0], "transfer")
    remaining = transfer["amount"] - transfer["amount_reversed"]
    if remaining == 0:
        raise executed(f"Transfer {transfer['id']} is already fully reversed.")
    amount = context.integer("amount", default=remaining)
    if amount > remaining:
        raise executed(
            f"Reversal amount ({amount}) is greater than unreversed amount on transfer ({remaining}).",
            param="amount",
        )
    if amount > money.available(context, transfer["currency"], transfer["destination"]):
        raise executed(
            "The connected account's available balance is insufficient for this reversal.",
            code="balance_insufficient",
        )
    return _reverse(context, transfer, amount)


def _reverse(context: Context, transfer: Body, amount: int) -> Body:
    reversal = context.store.add(
        "trr",
        "transfer_reversal",
        amount=amount,
        currency=transfer["currency"],
        transfer=transfer["id"],
        source_refund=None,
        metadata=context.metadata(),
    )
    booked = money.book(context, "transfer_refund", reversal["id"], amount, transfer["currency"])
    reversal |= {
        "balance_transaction": booked["id"],
        "destination_payment_refund": _leave(context, transfer, amount)["id"],
    }
    context.store.save(reversal)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    listed = transfer["reversals"]
    listed["total_count"] += 1
    listed["data"] = [reversal, *listed["data"]][:SHOWN]
    listed["has_more"] = listed["total_count"] > SHOWN
    context.store.save(transfer)
    context.emit("transfer.reversed", transfer)
    return reversal


def _leave(context: Context, transfer: Body, amount: int) -> Body:
    """Take the money off the connected account, as a refund of the payment that the transfer made."""
    owner = transfer["destination"]
    payment = context.store.get("charge", transfer["destination_payment"], owner=owner)
    refund = context.store.add(
        "pyr",
        "refund",
        owner=owner,
        amount=amount,
        currency=transfer["currency"],
        charge=transfer["destination_payment"],
        status="succeeded",
        metadata={},
    )
    booked = money.book(context, "payment_refund", refund["id"], -amount, transfer["currency"], owner=owner)
    refund["balance_transaction"] = booked["id"]
    context.store.save(refund)
    if payment is not None:
        payment["amount_refunded"] += amount
        payment["refunded"] = payment["amount_refunded"] == payment["amount"]
        context.store.save(payment)
    return refund


def retrieve(context: Context) -> Body:
    """GET /v1/transfers/{id}/reversals/{id}"""
    transfer, identifier = context.ids
    found = context.fetch("transfer_reversal", identifier)
    if found["transfer"] != transfer:
        raise missing("transfer_reversal", identifier)
    return found


def listing(context: Context) -> Body:
    """GET /v1/transfers/{id}/reversals"""
    transfer = context.fetch("transfer", context.ids[0], "transfer")
    context.params["transfer"] = transfer["id"]
    return context.listing("transfer_reversal", f"/v1/transfers/{transfer['id']}/reversals", "transfer")
