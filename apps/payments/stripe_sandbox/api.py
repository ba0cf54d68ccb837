"""A request's way through the sandbox: key, route, idempotency, answer; without the network."""

import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Never

from apps.payments.stripe_sandbox import forms, jobs, routes
from apps.payments.stripe_sandbox.context import Context, Endpoint, Rules
from apps.payments.stripe_sandbox.faults import Fault, Faults
from apps.payments.stripe_sandbox.nouns import accounts
from apps.payments.stripe_sandbox.problems import (
    StripeProblem,
    failed,
    in_use,
    invalid,
    key_reused,
    locked_out,
    no_access,
    too_many,
)
from apps.payments.stripe_sandbox.store import Store

OK, UNAUTHORISED = 200, 401
_BEFORE = {"fail_500_before": failed, "rate_limit": too_many, "lock_timeout": locked_out, "conflict": in_use}


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived, as text."""

    method: str
    path: str
    encoded: str
    authorization: str = ""
    idempotency_key: str = ""
    api_version: str = ""
    account: str = ""
    fault: Fault | None = None

    @property
    def effect(self) -> str:
        """What goes wrong with it, if anything."""
        return self.fault.effect if self.fault else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; `replayed` when an idempotency key brought it back."""

    status: int
    body: str
    replayed: bool = False


class Api:
    """Stripe's endpoints over one store."""

    def __init__(self, store: Store, rules: Rules, api_key: str, base_url: str, faults: Faults) -> None:
        self.store = store
        self.rules = rules
        self.faults = faults
        self._api_key = api_key
        self.base_url = base_url
        self._lock = threading.Lock()
        self._keys_in_use: set[str] = set()

    def handle(self, request: Request) -> Answer:
        """Answer one request; its effects and its kept answer are one transaction.

        What else was due by the sandbox's clock happens first, in a transaction of its own.
        """
        try:
            self._authenticate(request)
            endpoint, ids = routes.find(request.method, request.path)
            if request.effect in _BEFORE:
                raise _BEFORE[request.effect]()
            with self._holding(request):
                self.catch_up()
                return self._execute(request, endpoint, ids)
        except StripeProblem as problem:
            return _refusal(problem)

    def catch_up(self) -> None:
        """Let happen what is due by the sandbox's clock."""
        if self.store.job_is_due():
            with self.store.transaction():
                jobs.catch_up(self._context({}))

    def _execute(self, request: Request, endpoint: Endpoint, ids: tuple[str, ...]) -> Answer:
        context = self._context(
            forms.decode(request.encoded),
            idempotency_key=request.idempotency_key,
            api_version=request.api_version,
            ids=ids,
            account=request.account,
        )
        with self.store.transaction():
            if request.account and self.store.get("account", request.account) is None:
                raise no_access(request.account)
            return self._once(request, context, endpoint)

    @contextmanager
    def _holding(self, request: Request) -> Iterator[None]:
        """Hold the request's key while it runs. Raises: StripeProblem when another one holds it."""
        key = request.idempotency_key if request.method == "POST" else ""
        with self._lock:
            if key in self._keys_in_use:
                raise in_use()
            self._keys_in_use |= {key} - {""}
        try:
            if request.fault and request.effect == "slow":
                self.faults.released.wait(request.fault.seconds)
            yield
        finally:
            with self._lock:
                self._keys_in_use.discard(key)

    def _context(self, params: forms.Params, **fields: Any) -> Context:
        return Context(self.store, self.rules, params, self.base_url, faults=self.faults, **fields)

    def visit(self, path: str) -> str | None:
        """Return where an onboarding link leads its visitor, or None for another path."""
        match = routes.ONBOARDING.fullmatch(path)
        if match is None:
            return None
        context = self._context({}, ids=match.groups())
        with self.store.transaction():
            return accounts.visit_link(context)

    def _authenticate(self, request: Request) -> None:
        given = request.authorization.removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise invalid("Invalid API Key provided.", status=UNAUTHORISED)

    def _once(self, request: Request, context: Context, endpoint: Endpoint) -> Answer:
        key = request.idempotency_key if request.method == "POST" else ""
        fingerprint = f"{request.account}{request.path}?{request.encoded}"
        kept = self.store.answer_of(key) if key else None
        if kept is None:
            return self._fresh(key, fingerprint, context, _affected(endpoint, request.effect))
        if kept[0] != fingerprint:
            raise key_reused()
        return Answer(kept[1], kept[2], replayed=True)

    def _fresh(self, key: str, fingerprint: str, context: Context, endpoint: Endpoint) -> Answer:
        try:
            answer, saved = Answer(OK, json.dumps(endpoint(context))), True
        except StripeProblem as problem:
            answer, saved = _refusal(problem), problem.saved
        if key and saved:
            self.store.keep_answer(key, fingerprint, answer.status, answer.body)
        return answer


def _affected(endpoint: Endpoint, effect: str) -> Endpoint:
    """Return the endpoint, or what fails inside in its place or after it; the key keeps the failure."""

    def fails(context: Context) -> Never:
        if effect == "fail_500_after":
            endpoint(context)
        raise failed(saved=True)

    return fails if effect in {"fail_500", "fail_500_after"} else endpoint


def _refusal(problem: StripeProblem) -> Answer:
    return Answer(problem.status, json.dumps({"error": problem.error}))
