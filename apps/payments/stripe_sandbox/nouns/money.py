"""Balances and balance transactions.

Sources: docs.stripe.com/api/balance_transactions, docs.stripe.com/reports/balance-transaction-types.
"""

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.problems import invalid
from apps.payments.stripe_sandbox.store import Body

# Written with digits that have to be zero.
MULTIPLE = {"ISK": 100, "UGX": 100, **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10)}
MINIMUM = {"USD": 50, "EUR": 50, "GBP": 30, "JPY": 50, "KWD": 500, "ISK": 50, "CHF": 50}
CATEGORIES = {
    "payment": "charge",
    "payment_refund": "refund",
    "transfer_refund": "transfer_reversal",
}


def book(
    context: Context, kind: str, source: str, amount: int, currency: str, *, fee: int = 0,
    available_on: int = 0, owner: str = "", category: str = "", description: str = "",
) -> Body:  # fmt: skip
    """Record money that moves on an account's balance; negative amounts leave it.

    It is available at once unless `available_on` lies ahead. `owner` is a connected account.
    """
    free = max(available_on, context.store.now())
    context.store.add_funds(owner, currency, free, amount - fee)
    return context.store.add(
        "txn",
        "balance_transaction",
        owner=owner,
        type=kind,
        reporting_category=category or CATEGORIES.get(kind, kind),
        source=source,
        amount=amount,
        currency=currency,
        description=description or None,
        exchange_rate=None,
        fee=fee,
        fee_details=_fee_details(fee, currency),
        net=amount - fee,
        available_on=free,
    )


def _fee_details(fee: int, currency: str) -> list[Body]:
    return [{"type": "stripe_fee", "amount": fee, "currency": currency, "application": None}] if fee else []


def available(context: Context, currency: str, owner: str = "") -> int:
    """Return what the account could move now, in minor units; may be negative."""
    return sum(net for name, free, net in context.store.funds(owner) if free and name == currency)


def retrieve_balance(context: Context) -> Body:
    """GET /v1/balance: the platform's, or with `Stripe-Account` the connected account's."""
    parts: dict[str, list[Body]] = {"available": [], "pending": []}
    for currency, free, net in context.store.funds(context.account):
        row = {"amount": net, "currency": currency, "source_types": {"card": net}}
        parts["available" if free else "pending"].append(row)
    return {"object": "balance", "livemode": False, **parts}


def list_balance_transactions(context: Context) -> Body:
    """GET /v1/balance_transactions; `payout` lists what an automatic payout drained."""
    filters = ("type", "source", "payout", "currency")
    answer = context.listing("balance_transaction", "/v1/balance_transactions", *filters)
    answer["data"] = [shown(context, row) for row in answer["data"]]
    return answer


def retrieve_balance_transaction(context: Context) -> Body:
    """GET /v1/balance_transactions/{id}"""
    return shown(context, context.fetch("balance_transaction", context.ids[0]))


def shown(context: Context, row: Body) -> Body:
    """Return a balance transaction as Stripe shows it: with its status, without its payout."""
    status = "available" if row["available_on"] <= context.store.now() else "pending"
    return {**{name: value for name, value in row.items() if name != "payout"}, "status": status}


def amount_and_currency(context: Context) -> tuple[int, str]:
    """Return the parameters of that name. Raises: StripeProblem for a currency that is none."""
    amount, currency = context.integer("amount"), context.text("currency").lower()
    if len(currency) != 3:
        raise invalid(f"Invalid currency: {currency}", param="currency")
    return amount, currency
