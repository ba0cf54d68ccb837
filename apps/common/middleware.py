"""Request ids and paths with or without a trailing slash."""

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from apps.common.ids import uuid7

log = structlog.get_logger("petwash.request")
Next = Callable[[HttpRequest], HttpResponse]
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestContextMiddleware:
    """Accept or make `X-Request-ID`, echo it, bind it to every log line, and log the request once.

    Only method, path, status and duration are logged: no query, header or body.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if REQUEST_ID.match(offered) else str(uuid7())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.monotonic()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        if not request.path.startswith("/health/"):
            took = round((time.monotonic() - started) * 1000)
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=took,
            )
        return response


class OptionalTrailingSlashMiddleware:
    """Let `/api/v1/…/` mean the same as `/api/v1/…`."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        if request.path_info.startswith("/api/v1/") and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/")
        return self.get_response(request)
