"""Which function answers which request."""

import re

from apps.payments.stripe_sandbox.context import Endpoint
from apps.payments.stripe_sandbox.nouns import (
    accounts,
    cards,
    control,
    disputes,
    endpoints,
    events,
    money,
    payment_intents,
    payouts,
    refunds,
    reversals,
    transfers,
)
from apps.payments.stripe_sandbox.problems import invalid

_ID = r"([A-Za-z0-9_-]+)"


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
    ("POST", f"/v1/transfers/{_ID}/reversals", reversals.create),
    ("GET", f"/v1/transfers/{_ID}/reversals", reversals.listing),
    ("GET", f"/v1/transfers/{_ID}/reversals/{_ID}", reversals.retrieve),
    ("GET", "/v1/disputes", disputes.listing),
    ("GET", f"/v1/disputes/{_ID}", disputes.retrieve),
    ("POST", f"/v1/disputes/{_ID}", disputes.update),
    ("POST", f"/v1/disputes/{_ID}/close", disputes.close),
    ("POST", "/v1/payouts", payouts.create),
    ("GET", "/v1/payouts", payouts.listing),
    ("GET", f"/v1/payouts/{_ID}", payouts.retrieve),
    ("GET", "/v1/balance", money.retrieve_balance),
    ("GET", "/v1/balance_settings", payouts.retrieve_settings),
    ("POST", "/v1/balance_settings", payouts.update_settings),
    ("POST", "/v1/webhook_endpoints", endpoints.create),
    ("GET", "/v1/webhook_endpoints", endpoints.listing),
    ("GET", f"/v1/webhook_endpoints/{_ID}", endpoints.retrieve),
    ("POST", f"/v1/webhook_endpoints/{_ID}", endpoints.update),
    ("DELETE", f"/v1/webhook_endpoints/{_ID}", endpoints.delete),
    ("GET", "/v1/balance_transactions", money.list_balance_transactions),
    ("GET", f"/v1/balance_transactions/{_ID}", money.retrieve_balance_transaction),
    ("GET", "/v1/events", events.listing),
    ("GET", f"/v1/events/{_ID}", events.retrieve),
    ("POST", f"/_sandbox/payment_intents/{_ID}/authenticate", payment_intents.authenticate),
    ("POST", f"/_sandbox/charges/{_ID}/dispute", disputes.open_now),
    ("POST", f"/_sandbox/disputes/{_ID}/resolve", disputes.resolve),
    ("POST", f"/_sandbox/refunds/{_ID}/fail", refunds.fail_now),
    ("POST", f"/_sandbox/accounts/{_ID}/spend", accounts.spend),
    ("POST", f"/_sandbox/accounts/{_ID}/disable", accounts.disable),
    ("POST", f"/_sandbox/accounts/{_ID}/enable", accounts.enable),
    ("POST", "/_sandbox/payouts/schedule", payouts.schedule),
    ("POST", "/_sandbox/clock", control.advance_clock),
    ("GET", "/_sandbox/state", control.state),
    ("GET", f"/_sandbox/objects/{_ID}", control.objects),
    ("POST", "/_sandbox/faults", control.order_fault),
    ("GET", "/_sandbox/faults", control.list_faults),
    ("POST", "/_sandbox/faults/clear", control.clear_faults),
    ("POST", "/_sandbox/faults/regime", control.set_regime),
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
