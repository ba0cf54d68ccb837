"""A client of the public API, as an app on somebody's phone would be one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

POLL_SECONDS = 0.25


class StepFailed(AssertionError):
    """Something was not as promised; the message says what."""


def expect(condition: bool, message: str) -> None:
    """Raises: StepFailed with the message when the condition does not hold."""
    if not condition:
        raise StepFailed(message)


@dataclass
class Answer:
    """Status and body of an answer."""

    status: int
    body: Any
    headers: httpx.Headers

    @property
    def code(self) -> str:
        """The error's code, or nothing."""
        return str(self.body.get("error", {}).get("code", "")) if isinstance(self.body, dict) else ""

    def expect(self, status: int, code: str = "") -> "Answer":
        """Return itself. Raises: StepFailed when status or error code differ."""
        if self.status != status or (code and self.code != code):
            raise StepFailed(f"expected {status} {code}, got {self.status}: {self.body}")
        return self


@dataclass
class Client:
    """Calls the API as one person, or as nobody."""

    base_url: str
    access: str = ""
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    def get(self, path: str, **query: Any) -> Answer:
        """GET under /api/v1."""
        return self._send("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None, *, once: bool = False, **headers: str) -> Answer:
        """POST under /api/v1; `once` sends a new Idempotency-Key."""
        if once:
            headers.setdefault("Idempotency_Key", uuid4().hex)
        return self._send("POST", path, json=body or {}, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def put(self, path: str, body: Any) -> Answer:
        """PUT under /api/v1."""
        return self._send("PUT", path, json=body)

    def anonymous(self) -> "Client":
        """Return a client that is nobody, on the same connection pool."""
        return Client(self.base_url, http=self.http)

    def wait_for(
        self, path: str, condition: Callable[[Any], bool], what: str, *, seconds: float = 60, **headers: str
    ) -> Any:
        """Ask until the body fulfils the condition and return it. Raises: StepFailed when it never does."""
        deadline = time.monotonic() + seconds
        body: Any = None
        while time.monotonic() < deadline:
            answer = self._send("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            body = answer.body
            if answer.status == httpx.codes.OK and condition(body):
                return body
            time.sleep(POLL_SECONDS)
        raise StepFailed(f"waited {seconds:.0f} s for {what}; the last answer was {body}")

    def _send(self, method: str, path: str, **options: Any) -> Answer:
        if self.access:
            options["headers"] = {**(options.get("headers") or {}), "Authorization": f"Bearer {self.access}"}
        response = self._request(method, f"{self.base_url}/api/v1/{path}", **options)
        body = response.json() if response.content else None
        return Answer(response.status_code, body, response.headers)

    def is_well(self) -> bool:
        """Tell whether the whole system is up. Raises: StepFailed when nothing answers."""
        return self._request("GET", f"{self.base_url}/health/status").status_code == httpx.codes.OK

    def _request(self, method: str, url: str, **options: Any) -> httpx.Response:
        try:
            return self.http.request(method, url, **options)
        except httpx.HTTPError as error:
            raise StepFailed(f"{method} {url} got no answer: {error}") from error
