"""Events. Source: docs.stripe.com/api/events."""

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.store import Body


def retrieve(context: Context) -> Body:
    """GET /v1/events/{id}"""
    return context.fetch("event", context.ids[0])


def listing(context: Context) -> Body:
    """GET /v1/events"""
    return context.listing("event", "/v1/events", "type")
