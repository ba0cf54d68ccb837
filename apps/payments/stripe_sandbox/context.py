"""What a noun's functions work with: the store, the parameters, the sandbox's rules."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from apps.payments.stripe_sandbox.faults import Faults
from apps.payments.stripe_sandbox.forms import Params
from apps.payments.stripe_sandbox.problems import invalid, missing
from apps.payments.stripe_sandbox.store import Body, Page, Store

DAY = 24 * 3600
FOREVER = 2**53


@dataclass(frozen=True, slots=True)
class Rules:
    """How this sandbox is set up.

    fee_pct and fee_fixed: what a charge costs the platform (minor units for the fixed part).
    pending_seconds: how long a charge's money is pending before it is available.
    instant_onboarding: new accounts are approved as they are opened; otherwise their holder must
    first visit the link of `account_links`, as at Stripe.
    dispute_fee: what a dispute costs (minor units); dispute_fee_returned: whether a won one gives it back.
    evidence_seconds: how long a dispute waits for evidence before it is lost.
    later_seconds: how long a bank takes over a refund or over evidence.
    payout_seconds: how long a payout is on its way.
    """

    fee_pct: Decimal = Decimal(0)
    fee_fixed: int = 0
    pending_seconds: int = 2 * DAY
    instant_onboarding: bool = True
    webhooks: bool = False
    dispute_fee: int = 1_500
    dispute_fee_returned: bool = False
    evidence_seconds: int = 14 * DAY
    later_seconds: int = 5
    payout_seconds: int = 2 * DAY

    def fee_of(self, amount: int) -> int:
        """Return the platform's fee on a charge, in minor units."""
        pct = (self.fee_pct * amount / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return min(amount, int(pct) + self.fee_fixed) if amount else 0


@dataclass(slots=True)
class Context:
    """One request; `account` is the connected account on whose behalf it is made, if any."""

    store: Store
    rules: Rules
    params: Params
    base_url: str
    idempotency_key: str = ""
    api_version: str = ""
    ids: tuple[str, ...] = ()
    account: str = ""
    faults: Faults = field(default_factory=Faults)

    def text(self, name: str, *, default: str | None = None) -> str:
        """Return a required (or defaulted) string parameter."""
        value = self.params.get(name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
        return value

    def integer(self, name: str, *, default: int | None = None) -> int:
        """Return a positive integer parameter."""
        found = _integer(self.text(name, default=None if default is None else str(default)), name)
        if found < 1:
            raise invalid(
                "This value must be greater than or equal to 1.",
                param=name,
                code="parameter_invalid_integer",
            )
        return found

    def metadata(self) -> dict[str, str]:
        """Return the metadata, within Stripe's limits (50 keys; 40 and 500 characters)."""
        given = self.params.get("metadata", {})
        if not isinstance(given, dict) or len(given) > 50:
            raise invalid("Metadata can have up to 50 keys.", param="metadata")
        for key, value in given.items():
            if len(key) > 40 or len(value) > 500:
                raise invalid(f"Metadata {key} is too long.", param=f"metadata[{key}]")
        return given

    def flag(self, name: str) -> bool | None:
        """Return a boolean parameter, None if absent."""
        return self.params[name] == "true" if name in self.params else None

    def fetch(self, kind: str, identifier: str, param: str = "id") -> Body:
        """Return the account's object. Raises: StripeProblem resource_missing."""
        found = self.store.get(kind, identifier, owner=self.account)
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
            for delivery in self.faults.deliveries():
                due = self.store.moment() + delivery.delay_seconds
                self.store.queue_delivery(event["id"], due, lost=delivery.lost)
        return event

    def later(self, action: str, subject: Body, seconds: int) -> None:
        """Have something happen to the object after so many seconds; `jobs.ACTIONS` names what."""
        self.store.add_job(action, subject["id"], self.store.now() + seconds)

    def listing(self, kind: str, url: str, *filters: str, page: Page | None = None) -> Body:
        """Answer a list request, newest first, paged both ways by ids."""
        limit = self.integer("limit", default=10)
        if limit > 100:
            raise invalid("Limit can be at most 100.", param="limit")
        equal = {name: self.text(name) for name in filters if name in self.params}
        asked = replace(
            page or Page(),
            created=self._created(),
            starting_after=self._cursor(kind, "starting_after"),
            ending_before=self._cursor(kind, "ending_before"),
            limit=limit + 1,
        )
        rows = self.store.find(kind, equal, owner=self.account, page=asked)
        more = len(rows) > limit
        kept = rows[-limit:] if asked.ending_before else rows[:limit]
        return {"object": "list", "url": url, "has_more": more, "data": kept}

    def _cursor(self, kind: str, name: str) -> str:
        """Return a list's cursor. Raises: StripeProblem resource_missing for an unknown id."""
        return str(self.fetch(kind, self.text(name), name)["id"]) if name in self.params else ""

    def _created(self) -> tuple[int, int] | None:
        """Return the window of seconds that `created`, or its gt, gte, lt and lte, leaves."""
        window = self.params.get("created")
        if window is None:
            return None
        if not isinstance(window, dict):
            exact = _integer(window, "created")
            return exact, exact
        bounds = {name: _integer(value, f"created[{name}]") for name, value in window.items()}
        low = max(bounds.get("gte", 0), bounds.get("gt", -1) + 1)
        high = min(bounds.get("lte", FOREVER), bounds.get("lt", FOREVER) - 1)
        return low, high


def _integer(raw: object, name: str) -> int:
    if not isinstance(raw, str) or not raw.removeprefix("-").isdecimal():
        raise invalid(f"Invalid integer: {raw}", param=name, code="parameter_invalid_integer")
    return int(raw)


Endpoint = Callable[[Context], Body]
