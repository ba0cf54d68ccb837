"""A request's way through the sandbox: key, route, idempotency, answer; without the network."""

import hmac
import json
from dataclasses import dataclass

from apps.payments.stripe_sandbox import forms, routes
from apps.payments.stripe_sandbox.context import Context, Endpoint, Rules
from apps.payments.stripe_sandbox.nouns import accounts
from apps.payments.stripe_sandbox.problems import StripeProblem, invalid
from apps.payments.stripe_sandbox.store import Body, Store

OK, UNAUTHORISED = 200, 401


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived, as text."""

    method: str
    path: str
    encoded: str
    authorization: str = ""
    idempotency_key: str = ""
    api_version: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; `replayed` when an idempotency key brought it back."""

    status: int
    body: str
    replayed: bool = False


class Api:
    """Stripe's endpoints over one store."""

    def __init__(self, store: Store, rules: Rules, api_key: str, base_url: str) -> None:
        self.store = store
        self.rules = rules
        self._api_key = api_key
        self.base_url = base_url

    def handle(self, request: Request) -> Answer:
        """Answer one request; its effects and its kept answer are one transaction."""
        try:
            self._authenticate(request)
            endpoint, ids = routes.find(request.method, request.path)
        except StripeProblem as problem:
            return _refusal(problem)
        context = Context(
            store=self.store,
            rules=self.rules,
            params=forms.decode(request.encoded),
            base_url=self.base_url,
            idempotency_key=request.idempotency_key,
            api_version=request.api_version,
            ids=ids,
        )
        with self.store.transaction():
            return self._once(request, context, endpoint)

    def visit(self, path: str) -> str | None:
        """Return where an onboarding link leads its visitor, or None for another path."""
        match = routes.ONBOARDING.fullmatch(path)
        if match is None:
            return None
        context = Context(self.store, self.rules, {}, self.base_url, ids=match.groups())
        with self.store.transaction():
            return accounts.visit_link(context)

    def _authenticate(self, request: Request) -> None:
        given = request.authorization.removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise invalid("Invalid API Key provided.", status=UNAUTHORISED)

    def _once(self, request: Request, context: Context, endpoint: Endpoint) -> Answer:
        key = request.idempotency_key if request.method == "POST" else ""
        fingerprint = f"{request.path}?{request.encoded}"
        kept = self.store.answer_of(key) if key else None
        if kept is None:
            return self._fresh(key, fingerprint, context, broken if request.broken else endpoint)
        if kept[0] != fingerprint:
            return _refusal(
                StripeProblem(
                    400,
                    "idempotency_error",
                    "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                    saved=False,
                )
            )
        return Answer(kept[1], kept[2], replayed=True)

    def _fresh(self, key: str, fingerprint: str, context: Context, endpoint: Endpoint) -> Answer:
        try:
            answer, saved = Answer(OK, json.dumps(endpoint(context))), True
        except StripeProblem as problem:
            answer, saved = _refusal(problem), problem.saved
        if key and saved:
            self.store.keep_answer(key, fingerprint, answer.status, answer.body)
        return answer


def broken(context: Context) -> Body:
    """Stand in for an endpoint that fails inside. Raises: StripeProblem, kept by the key."""
    raise StripeProblem(500, "api_error", "An unknown error occurred.", saved=True)


def _refusal(problem: StripeProblem) -> Answer:
    return Answer(problem.status, json.dumps({"error": problem.error}))
