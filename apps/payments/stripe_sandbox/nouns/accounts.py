"""Connected accounts and their onboarding links.

Sources: docs.stripe.com/api/accounts, docs.stripe.com/api/account_links/create,
docs.stripe.com/connect/account-capabilities.
"""

import secrets

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.nouns import money, payouts
from apps.payments.stripe_sandbox.problems import executed, invalid, no_access
from apps.payments.stripe_sandbox.store import Body

LINK_SECONDS = 300
DUE = ["external_account", "individual.dob", "individual.id_number", "tos_acceptance"]


def create(context: Context) -> Body:
    """POST /v1/accounts"""
    country = context.text("country", default="US").upper()
    if len(country) != 2:
        raise invalid(f"Country '{country}' is unknown.", param="country")
    requested = context.params.get("capabilities", {})
    account = context.store.add(
        "acct",
        "account",
        type=context.params.get("type", "none"),
        controller=context.params.get("controller", {}),
        country=country,
        default_currency="usd",
        email=context.params.get("email"),
        business_type=context.params.get("business_type"),
        capabilities=dict.fromkeys(requested, "inactive"),
        charges_enabled=False,
        payouts_enabled=False,
        details_submitted=False,
        requirements={"currently_due": DUE, "disabled_reason": "requirements.past_due"},
        metadata=context.metadata(),
    )
    if context.rules.instant_onboarding:
        _approve(account)
        context.store.save(account)
    context.emit("account.updated", account)
    return account


def retrieve(context: Context) -> Body:
    """GET /v1/accounts/{id}"""
    found = context.store.get("account", context.ids[0])
    if found is None:
        raise no_access(context.ids[0])
    return found


def listing(context: Context) -> Body:
    """GET /v1/accounts"""
    return context.listing("account", "/v1/accounts")


def create_link(context: Context) -> Body:
    """POST /v1/account_links: a link for the holder, which works once within five minutes."""
    account = context.fetch("account", context.text("account"), "account")
    if context.text("type") not in {"account_onboarding", "account_update"}:
        raise invalid("Invalid type: must be account_onboarding or account_update", param="type")
    context.text("refresh_url"), context.text("return_url")
    now = context.store.now()
    link = context.store.add(
        "link",
        "account_link",
        account=account["id"],
        token=secrets.token_urlsafe(18),
        expires_at=now + LINK_SECONDS,
        refresh_url=context.text("refresh_url"),
        return_url=context.text("return_url"),
        used=False,
    )
    return {
        "object": "account_link",
        "created": now,
        "expires_at": link["expires_at"],
        "url": f"{context.base_url}/_sandbox/onboarding/{link['id']}/{link['token']}",
    }


def visit_link(context: Context) -> str:
    """GET /_sandbox/onboarding/{link}/{token}: the holder completes it; returns where to go on."""
    link = context.fetch("account_link", context.ids[0])
    fresh = link["expires_at"] > context.store.now() and not link["used"]
    if not secrets.compare_digest(link["token"], context.ids[1]) or not fresh:
        return str(link["refresh_url"])
    link["used"] = True
    context.store.save(link)
    account = context.fetch("account", link["account"])
    _approve(account)
    _updated(context, account)
    return str(link["return_url"])


def spend(context: Context) -> Body:
    """POST /_sandbox/accounts/{id}/spend: its holder pays money out to a bank account.

    `currency` (default: the account's) and `amount` (default: all that is available).
    """
    account = context.fetch("account", context.ids[0], "account")
    currency = context.text("currency", default=account["default_currency"]).lower()
    held = money.available(context, currency, account["id"])
    amount = context.integer("amount", default=max(held, 1))
    if amount > held:
        raise executed(f"The account holds {held} {currency}.", code="balance_insufficient")
    return payouts.pay_out(context, amount, currency, owner=account["id"], automatic=False)


def disable(context: Context) -> Body:
    """POST /_sandbox/accounts/{id}/disable: Stripe stops its payouts; `transfers` set to inactive stops those too.

    Source: docs.stripe.com/connect/handling-api-verification (disabled_reason).
    """
    account = context.fetch("account", context.ids[0], "account")
    reason = context.text("reason", default="requirements.past_due")
    account["payouts_enabled"] = False
    account["requirements"] = {"currently_due": ["individual.id_number"], "disabled_reason": reason}
    if context.text("transfers", default="active") == "inactive":
        account["capabilities"]["transfers"] = "inactive"
    return _updated(context, account)


def enable(context: Context) -> Body:
    """POST /_sandbox/accounts/{id}/enable: Stripe approves the account, again or for the first time."""
    account = context.fetch("account", context.ids[0], "account")
    _approve(account)
    return _updated(context, account)


def _updated(context: Context, account: Body) -> Body:
    context.store.save(account)
    context.emit("account.updated", account)
    return account


def _approve(account: Body) -> None:
    account |= {
        "capabilities": dict.fromkeys(account["capabilities"], "active"),
        "charges_enabled": "card_payments" in account["capabilities"],
        "payouts_enabled": True,
        "details_submitted": True,
        "requirements": {"currently_due": [], "disabled_reason": None},
    }
