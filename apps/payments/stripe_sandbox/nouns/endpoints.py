"""Addresses that events are sent to. Source: docs.stripe.com/api/webhook_endpoints.

They are kept and told as Stripe does. Events are delivered to the one that the sandbox was started with;
of others nothing but their entry exists.
"""

import secrets

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.problems import invalid
from apps.payments.stripe_sandbox.store import Body, Store

KIND = "webhook_endpoint"
ALL = ["*"]


def name(store: Store, url: str, events: list[str], version: str | None = None) -> Body:
    """Keep an address; its secret is not among what is kept."""
    fields: Body = {"url": url, "status": "enabled", "api_version": version, "enabled_events": events}
    return store.add("we", KIND, **fields, application=None, description=None, metadata={})


def create(context: Context) -> Body:
    """POST /v1/webhook_endpoints: the only answer that holds the secret."""
    url, events = context.text("url"), context.params.get("enabled_events")
    if not isinstance(events, list) or not events:
        raise invalid("Missing required param: enabled_events.", param="enabled_events", code="parameter_missing")
    if not url.startswith(("https://", "http://")):
        raise invalid("Invalid URL: URL must be publicly accessible.", param="url", code="url_invalid")
    made = name(context.store, url, [str(one) for one in events], context.text("api_version", default="") or None)
    return {**made, "secret": f"whsec_{secrets.token_hex(16)}"}


def retrieve(context: Context) -> Body:
    """GET /v1/webhook_endpoints/{id}"""
    return context.fetch(KIND, context.ids[0])


def listing(context: Context) -> Body:
    """GET /v1/webhook_endpoints"""
    return context.listing(KIND, "/v1/webhook_endpoints")


def update(context: Context) -> Body:
    """POST /v1/webhook_endpoints/{id}: switch it off or on; its API version is for good."""
    found = context.fetch(KIND, context.ids[0])
    if "api_version" in context.params:
        raise invalid("Received unknown parameter: api_version", param="api_version", code="parameter_unknown")
    off = context.flag("disabled")
    if off is not None:
        found["status"] = "disabled" if off else "enabled"
    found["url"] = context.text("url", default=found["url"])
    context.store.save(found)
    return found


def delete(context: Context) -> Body:
    """DELETE /v1/webhook_endpoints/{id}"""
    found = context.fetch(KIND, context.ids[0])
    context.store.remove(found["id"])
    return {"id": found["id"], "object": KIND, "deleted": True}
