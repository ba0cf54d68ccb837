"""Which function answers which request."""

import re

from apps.payments.stripe_sandbox.context import Context, Endpoint
from apps.payments.stripe_sandbox.nouns import (
    accounts,
    cards,
    events,
    money,
    payment_intents,
    refunds,
    transfers,
)
from apps.payments.stripe_sandbox.problems import invalid
from apps.payments.stripe_sandbox.store import Body

_ID = r"([A-Za-z0-9_-]+)"


def advance_clock(context: Context) -> Body:
    """POST /_sandbox/clock: move the sandbox's time on by `seconds`, never back."""
    offset = int(context.store.setting("clock_offset", "0")) + context.integer("seconds")
    context.store.set_setting("clock_offset", str(offset))
    return {"object": "sandbox.clock", "now": context.store.now()}


_TABLE: list[tuple[str, str, Endpoint]] = [
    ("POST", "/v1/payment_intents", payment_intents.create),
    ("GET", "/v1/payment_intents", payment_intents.listing),
    ("GET", f"/v1/payment_intents/{_ID}", payment_intents.retrieve),
    ("POST", f"/v1/payment_intents/{_ID}/confirm", payment_intents.confirm),
    ("POST", f"/v1/payment_intents/{_ID}/cancel", payment_intents.cancel),
    ("GET", f"/v1/payment_methods/{_ID}", cards.retrieve),
    ("GET", "/v1/charges", payment_intents.list_charges),
    ("GET", f"/v1/charges/{_ID}", payment_intents.retrieve_charge),
    ("POST", "/v1/refunds", refunds.create),
    ("GET", "/v1/refunds", refunds.listing),
    ("GET", f"/v1/refunds/{_ID}", refunds.retrieve),
    ("POST", "/v1/accounts", accounts.create),
    ("GET", "/v1/accounts", accounts.listing),
    ("GET", f"/v1/accounts/{_ID}", accounts.retrieve),
    ("POST", "/v1/account_links", accounts.create_link),
    ("POST", "/v1/transfers", transfers.create),
    ("GET", "/v1/transfers", transfers.listing),
    ("GET", f"/v1/transfers/{_ID}", transfers.retrieve),
    ("GET", "/v1/balance", money.retrieve_balance),
    ("GET", "/v1/balance_transactions", money.list_balance_transactions),
    ("GET", f"/v1/balance_transactions/{_ID}", money.retrieve_balance_transaction),
    ("GET", "/v1/events", events.listing),
    ("GET", f"/v1/events/{_ID}", events.retrieve),
    ("POST", f"/_sandbox/payment_intents/{_ID}/authenticate", payment_intents.authenticate),
    ("POST", "/_sandbox/clock", advance_clock),
]
ROUTES = [(method, re.compile(pattern), endpoint) for method, pattern, endpoint in _TABLE]
ONBOARDING = re.compile(f"/_sandbox/onboarding/{_ID}/{_ID}")


def find(method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
    """Return the endpoint and the ids in the path. Raises: StripeProblem for an unknown URL."""
    for verb, pattern, endpoint in ROUTES:
        match = pattern.fullmatch(path)
        if match and verb == method:
            return endpoint, match.groups()
    raise invalid(f"Unrecognized request URL ({method}: {path}).", status=404)
