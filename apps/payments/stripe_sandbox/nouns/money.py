"""Balance and balance transactions. Source: docs.stripe.com/api/balance_transactions."""

from collections import defaultdict

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.store import Body

# Written with digits that have to be zero.
MULTIPLE = {"ISK": 100, "UGX": 100, **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10)}
MINIMUM = {"USD": 50, "EUR": 50, "GBP": 30, "JPY": 50, "KWD": 500, "ISK": 50, "CHF": 50}


def book(
    context: Context, kind: str, source: str, amount: int, currency: str, *, fee: int = 0,
    pending: bool = False,
) -> Body:  # fmt: skip
    """Record money that moves on the platform's balance; negative amounts leave it."""
    now = context.store.now()
    return context.store.add(
        "txn",
        "balance_transaction",
        type=kind,
        source=source,
        amount=amount,
        currency=currency,
        fee=fee,
        net=amount - fee,
        available_on=now + (context.rules.pending_seconds if pending else 0),
    )


def available(context: Context, currency: str) -> int:
    """Return what the platform could transfer now, in minor units."""
    return _sums(context)["available"].get(currency, 0)


def _sums(context: Context) -> dict[str, dict[str, int]]:
    now = context.store.now()
    sums: dict[str, dict[str, int]] = {"available": defaultdict(int), "pending": defaultdict(int)}
    for row in context.store.find("balance_transaction"):
        part = "available" if row["available_on"] <= now else "pending"
        sums[part][row["currency"]] += row["net"]
    return sums


def retrieve_balance(context: Context) -> Body:
    """GET /v1/balance"""
    parts = {
        part: [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in sorted(amounts.items())
        ]
        for part, amounts in _sums(context).items()
    }
    return {"object": "balance", "livemode": False, **parts}


def list_balance_transactions(context: Context) -> Body:
    """GET /v1/balance_transactions"""
    answer = context.listing("balance_transaction", "/v1/balance_transactions", "type", "source")
    answer["data"] = [_with_status(context, row) for row in answer["data"]]
    return answer


def retrieve_balance_transaction(context: Context) -> Body:
    """GET /v1/balance_transactions/{id}"""
    return _with_status(context, context.fetch("balance_transaction", context.ids[0]))


def _with_status(context: Context, row: Body) -> Body:
    status = "available" if row["available_on"] <= context.store.now() else "pending"
    return {**row, "status": status}
