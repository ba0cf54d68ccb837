"""Request ids, paths with or without a trailing slash, and seats for who may wait for the outside."""

import re
import time
from collections.abc import Callable

import structlog
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve

from apps.common import seats
from apps.common.api.exceptions import error_body
from apps.common.ids import uuid7

log = structlog.get_logger("petwash.request")
Next = Callable[[HttpRequest], HttpResponse]
BUSY = error_body("database_unavailable", "The service is busy. Nothing was done; try again shortly.")
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


class SeatMiddleware:
    """Let a request that may wait for the outside work only while it has a seat; all others pass.

    Before it sits it holds no database connection, and none when it has left.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        if not _needs_seat(request):
            with seats.passers.passing():
                return self.get_response(request)
        try:
            with seats.seated():
                return self._answer(request)
        except seats.NoSeat as refusal:
            log.warning("no_seat", path=request.path, why=type(refusal).__name__)
            return JsonResponse(BUSY, status=503, headers={"Retry-After": "5"})

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            if not connection.in_atomic_block:
                connection.close()


def _needs_seat(request: HttpRequest) -> bool:
    if request.method != "POST":
        return False
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    page = getattr(view, "cls", None) or getattr(view, "view_class", None)
    return seats.is_marked(getattr(page, "post", None))
