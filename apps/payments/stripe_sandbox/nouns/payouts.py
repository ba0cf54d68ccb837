"""Payouts from a balance to a bank account, by hand or by themselves each day.

Sources: docs.stripe.com/api/payouts, docs.stripe.com/payouts, docs.stripe.com/api/balance-settings.
"""

from apps.payments.stripe_sandbox.context import DAY, Context
from apps.payments.stripe_sandbox.nouns import money
from apps.payments.stripe_sandbox.problems import executed, invalid
from apps.payments.stripe_sandbox.store import Body

SCHEDULE = "payout_interval"


def create(context: Context) -> Body:
    """POST /v1/payouts: the platform's, or with `Stripe-Account` the connected account's."""
    amount, currency = money.amount_and_currency(context)
    account = context.store.get("account", context.account) if context.account else None
    if account is not None and not account["payouts_enabled"]:
        raise executed("Payouts are not enabled for this account.", code="payouts_not_allowed")
    if amount > money.available(context, currency, context.account):
        raise executed("You have insufficient funds in your Stripe account.", code="balance_insufficient")
    return pay_out(context, amount, currency, owner=context.account, automatic=False)


def pay_out(context: Context, amount: int, currency: str, *, owner: str, automatic: bool) -> Body:
    """Send money of an account to its bank; it leaves the balance at once and arrives days later."""
    payout = context.store.add(
        "po",
        "payout",
        owner=owner,
        amount=amount,
        currency=currency,
        status="pending",
        automatic=automatic,
        arrival_date=context.store.now() + context.rules.payout_seconds,
        method="standard",
        type="bank_account",
        description=context.params.get("description"),
        statement_descriptor=context.params.get("statement_descriptor"),
        failure_code=None,
        metadata=context.metadata(),
    )
    if automatic:
        context.store.mark_paid_out(payout["id"], owner, currency)
    payout["balance_transaction"] = money.book(context, "payout", payout["id"], -amount, currency, owner=owner)["id"]
    context.store.save(payout)
    context.later("arrive_payout", payout, context.rules.payout_seconds)
    if not owner:
        context.emit("payout.created", payout)
    return payout


def arrive(context: Context, payout_id: str) -> None:
    """Let a payout reach its bank."""
    payout = context.store.get("payout", payout_id)
    assert payout is not None, payout_id
    payout["status"] = "paid"
    context.store.save(payout)
    if context.store.get("payout", payout_id, owner=""):
        context.emit("payout.paid", payout)


def schedule(context: Context) -> Body:
    """POST /_sandbox/payouts/schedule: `interval` daily pays all that is available out by itself.

    At Stripe that is the default; here it is manual, as a platform that holds money has to set it
    (docs.stripe.com/connect/manage-payout-schedule).
    """
    interval = context.text("interval")
    _switch(context, interval, "interval")
    return {"object": "sandbox.payout_schedule", "interval": interval}


def _switch(context: Context, interval: str, param: str) -> None:
    """Set when an account's balance is paid out; the days of a week or month are not told apart here."""
    if interval not in {"daily", "manual"}:
        raise invalid("Invalid interval: must be daily or manual", param=param)
    before = _interval(context)
    context.store.set_setting(f"{SCHEDULE}{context.account}", interval)
    if (before, interval, context.account) == ("manual", "daily", ""):
        context.store.add_job("automatic_payout", "", context.store.now() + DAY)


def _interval(context: Context) -> str:
    return context.store.setting(f"{SCHEDULE}{context.account}", "daily" if context.account else "manual")


def update_settings(context: Context) -> Body:
    """POST /v1/balance_settings: `payments[payouts][schedule][interval]`, also of a connected account."""
    node: object = context.params
    for name in ("payments", "payouts", "schedule", "interval"):
        node = node.get(name) if isinstance(node, dict) else None
    if node is not None:
        _switch(context, str(node), "payments[payouts][schedule][interval]")
    return retrieve_settings(context)


def retrieve_settings(context: Context) -> Body:
    """GET /v1/balance_settings: of a connected account the schedule is Stripe's default, daily, until it is set."""
    interval = _interval(context)
    return {
        "object": "balance_settings",
        "payments": {
            "debit_negative_balances": True,
            "payouts": {
                "minimum_balance_by_currency": None,
                "schedule": {"interval": interval},
                "statement_descriptor": None,
                "status": "enabled",
            },
            "settlement_timing": {"delay_days": context.rules.pending_seconds // DAY},
        },
    }


def pay_out_automatically(context: Context, _subject: str) -> None:
    """Drain what the platform has available, and come back tomorrow, until the schedule is manual."""
    if context.store.setting(SCHEDULE, "manual") != "daily":
        return
    for currency, free, amount in context.store.funds(""):
        if free and amount > 0:
            pay_out(context, amount, currency, owner="", automatic=True)
    context.store.add_job("automatic_payout", "", context.store.now() + DAY)


def retrieve(context: Context) -> Body:
    """GET /v1/payouts/{id}"""
    return context.fetch("payout", context.ids[0], "payout")


def listing(context: Context) -> Body:
    """GET /v1/payouts"""
    return context.listing("payout", "/v1/payouts", "status")
