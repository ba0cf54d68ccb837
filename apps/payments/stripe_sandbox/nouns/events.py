"""Events of the last 30 days. Source: docs.stripe.com/api/events."""

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.problems import invalid
from apps.payments.stripe_sandbox.store import Body, Page

MOST_TYPES = 20
KEPT_SECONDS = 30 * 24 * 3600


def retrieve(context: Context) -> Body:
    """GET /v1/events/{id}"""
    return context.fetch("event", context.ids[0])


def listing(context: Context) -> Body:
    """GET /v1/events: those of the last 30 days, by `type` or `types`, `created` and `delivery_success`."""
    types = context.params.get("types", [])
    if not isinstance(types, list) or len(types) > MOST_TYPES:
        raise invalid(f"types is a list of up to {MOST_TYPES} event types.", param="types")
    if types and "type" in context.params:
        raise invalid("You may only specify one of these parameters: type, types.", param="types")
    page = Page(types=tuple(str(name) for name in types), delivered=context.flag("delivery_success"))
    answer = context.listing("event", "/v1/events", "type", page=page)
    oldest = context.store.now() - KEPT_SECONDS
    kept = [event for event in answer["data"] if event["created"] >= oldest]
    return {**answer, "data": kept, "has_more": answer["has_more"] and len(kept) == len(answer["data"])}
