"""The API's side of idempotency keys."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common import idempotency
from apps.common.errors import DomainError, InvalidInput
from apps.common.seats import needs_seat

View = Callable[..., Response]


def by_user(request: Request) -> str:
    """Return the scope of a signed-in person."""
    return f"user:{request.user.pk}"


def idempotent(
    route: str, scope: Callable[[Request], str] = by_user, present: View | None = None
) -> Callable[[View], View]:
    """Make a view method require `Idempotency-Key` and answer a repeat with the first answer.

    A repeat carries the header `Idempotent-Replayed: true`. `present` answers the repeat of a request whose stored
    answer was 202, not settled yet: it tells how that stands now, and does nothing. What moves money may wait for the
    gateway: it needs a seat.
    """

    def decorate(method: View) -> View:
        @needs_seat
        @wraps(method)
        def run(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = request.headers.get("Idempotency-Key", "")
            if not key:
                raise InvalidInput.field(
                    "Idempotency-Key",
                    "This header is required: a random text, new for each operation, kept for its repeats.",
                )
            started = idempotency.begin(
                scope=scope(request)[:100],
                route=route,
                key=key,
                body_fingerprint=idempotency.fingerprint(request.path, request.data),
            )
            if isinstance(started, idempotency.StoredAnswer) and started.status == 202 and present is not None:
                now = present(view, request, *args, **kwargs)
                now.headers["Idempotent-Replayed"] = "true"
                return now
            if isinstance(started, idempotency.StoredAnswer):
                return Response(started.body, status=started.status, headers={"Idempotent-Replayed": "true"})
            return _run_leased(view, method, started, request, *args, **kwargs)

        return run

    return decorate


def _run_leased(
    view: Any, method: View, lease: idempotency.Lease, request: Request, *args: Any, **kwargs: Any
) -> Response:
    transient = False
    try:
        response = method(view, request, *args, **kwargs)
    except Exception as error:
        transient = isinstance(error, DomainError) and error.transient
        try:
            response = view.handle_exception(error)
        except Exception:
            idempotency.finish(lease, status=500, body=None)
            raise
    body = json.loads(JSONRenderer().render(response.data)) if response.data is not None else None
    idempotency.finish(lease, status=response.status_code, body=body, transient=transient)
    return response
