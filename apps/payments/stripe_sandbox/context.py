"""What a noun's functions work with: the store, the parameters, the sandbox's rules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from apps.payments.stripe_sandbox.forms import Params
from apps.payments.stripe_sandbox.problems import invalid, missing
from apps.payments.stripe_sandbox.store import Body, Store

DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Rules:
    """How this sandbox is set up.

    fee_pct and fee_fixed: what a charge costs the platform (minor units for the fixed part).
    pending_seconds: how long a charge's money is pending before it is available.
    instant_onboarding: new accounts are approved as they are opened; otherwise their holder must
    first visit the link of `account_links`, as at Stripe.
    """

    fee_pct: Decimal = Decimal(0)
    fee_fixed: int = 0
    pending_seconds: int = 2 * DAY
    instant_onboarding: bool = True
    webhooks: bool = False

    def fee_of(self, amount: int) -> int:
        """Return the platform's fee on a charge, in minor units."""
        pct = (self.fee_pct * amount / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return min(amount, int(pct) + self.fee_fixed) if amount else 0


@dataclass(slots=True)
class Context:
    """One request."""

    store: Store
    rules: Rules
    params: Params
    base_url: str
    idempotency_key: str = ""
    api_version: str = ""
    ids: tuple[str, ...] = ()
    queued: list[str] = field(default_factory=list)

    def text(self, name: str, *, default: str | None = None) -> str:
        """Return a required (or defaulted) string parameter."""
        value = self.params.get(name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
        return value

    def integer(self, name: str, *, default: int | None = None) -> int:
        """Return a positive integer parameter."""
        raw = self.text(name, default=None if default is None else str(default))
        if not raw.lstrip("-").isdecimal():
            raise invalid(f"Invalid integer: {raw}", param=name, code="parameter_invalid_integer")
        if int(raw) < 1:
            raise invalid(
                "This value must be greater than or equal to 1.",
                param=name,
                code="parameter_invalid_integer",
            )
        return int(raw)

    def metadata(self) -> dict[str, str]:
        """Return the metadata, within Stripe's limits (50 keys; 40 and 500 characters)."""
        given = self.params.get("metadata", {})
        if not isinstance(given, dict) or len(given) > 50:
            raise invalid("Metadata can have up to 50 keys.", param="metadata")
        for key, value in given.items():
            if len(key) > 40 or len(value) > 500:
                raise invalid(f"Metadata {key} is too long.", param=f"metadata[{key}]")
        return given

    def flag(self, name: str) -> bool:
        """Return a boolean parameter, false if absent."""
        return self.params.get(name) == "true"

    def fetch(self, kind: str, identifier: str, param: str = "id") -> Body:
        """Return the object. Raises: StripeProblem resource_missing."""
        found = self.store.get(kind, identifier)
        if found is None:
            raise missing(kind, identifier, param)
        return found

    def emit(self, kind: str, subject: Body) -> Body:
        """Record an event with a snapshot of its object, and queue its webhook."""
        event = self.store.add(
            "evt",
            "event",
            type=kind,
            api_version=self.api_version,
            data={"object": subject},
            pending_webhooks=int(self.rules.webhooks),
            request={"id": None, "idempotency_key": self.idempotency_key or None},
        )
        if self.rules.webhooks:
            self.store.queue_delivery(event["id"])
        return event

    def created_range(self) -> tuple[int, int] | None:
        """Return the `created[gte]`/`created[lte]` window of a list request."""
        window = self.params.get("created")
        if not isinstance(window, dict):
            return None
        low = int(window["gte"]) if "gte" in window else int(window.get("gt", -1)) + 1
        high = int(window["lte"]) if "lte" in window else int(window.get("lt", 2**53)) - 1
        return low, high

    def listing(self, kind: str, url: str, *filters: str) -> Body:
        """Answer a list request, newest first, paged by `starting_after`."""
        limit = self.integer("limit", default=10)
        if limit > 100:
            raise invalid("Limit can be at most 100.", param="limit")
        equal = {name: self.params[name] for name in filters if name in self.params}
        rows = self.store.find(
            kind,
            equal,
            created=self.created_range(),
            before=str(self.params.get("starting_after", "")),
            limit=limit + 1,
        )
        return {
            "object": "list",
            "url": url,
            "has_more": len(rows) > limit,
            "data": rows[:limit],
        }


Endpoint = Callable[[Context], Body]
