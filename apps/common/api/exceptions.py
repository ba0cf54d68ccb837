"""The one place where a refusal becomes an HTTP answer."""

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.common.errors import DomainError, TooManyRequests

log = structlog.get_logger(__name__)

CODES: dict[type[Exception], tuple[str, str]] = {
    exceptions.NotAuthenticated: ("not_authenticated", "Sign in first: send a bearer token."),
    exceptions.AuthenticationFailed: (
        "not_authenticated",
        "This token is not valid any more. Sign in again.",
    ),
    exceptions.PermissionDenied: ("forbidden", "You may not do this."),
    PermissionDenied: ("forbidden", "You may not do this."),
    exceptions.NotFound: ("not_found", "There is no such thing, or it is not yours to see."),
    Http404: ("not_found", "There is no such thing, or it is not yours to see."),
    exceptions.ParseError: ("malformed_json", "The body is not valid JSON."),
    exceptions.UnsupportedMediaType: ("unsupported_media_type", "Send application/json."),
    exceptions.NotAcceptable: ("not_acceptable", "This API answers application/json."),
    exceptions.MethodNotAllowed: ("method_not_allowed", "This path does not take that method."),
}
STATUS: dict[type[Exception], int] = {PermissionDenied: 403, Http404: 404}


def error_body(code: str, message: str, details: Any = None) -> dict[str, Any]:
    """Return the body that every error has."""
    return {"error": {"code": code, "message": message, "details": details or {}}}


def answer_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an exception of a view, or None for a bug (which becomes a 500)."""
    answer = _answer(error)
    if answer is not None:
        set_rollback()
    return answer


def _answer(error: Exception) -> Response | None:
    if isinstance(error, DomainError):
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequests) else None
        return Response(
            error_body(error.code, error.message, error.details),
            status=error.status,
            headers=headers,
        )
    if isinstance(error, exceptions.ValidationError):
        details = error.detail if isinstance(error.detail, dict) else {"non_field_errors": error.detail}
        return Response(error_body("validation_error", "Some fields are not valid.", details), status=400)
    if isinstance(error, exceptions.Throttled):
        wait = int(getattr(error, "wait", None) or 1)
        body = error_body(
            "too_many_requests",
            f"Too many requests. Try again in {wait} seconds.",
            {"retry_after_seconds": wait},
        )
        return Response(body, status=429, headers={"Retry-After": str(wait)})
    if isinstance(error, OperationalError | InterfaceError):
        log.error("database_unavailable", error=type(error).__name__)
        return Response(
            error_body(
                "database_unavailable",
                "The service is busy or its database is down. Try again shortly.",
            ),
            status=503,
        )
    return _answer_known(error)


def _answer_known(error: Exception) -> Response | None:
    for kind, (code, message) in CODES.items():
        if isinstance(error, kind):
            status = STATUS.get(kind) or getattr(error, "status_code", 400)
            header = getattr(error, "auth_header", None)
            headers = {"WWW-Authenticate": header} if header else None
            return Response(error_body(code, message), status=status, headers=headers)
    return None


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Answer a path that does not exist."""
    return JsonResponse(error_body("not_found", "There is no such path."), status=404)


def server_error(request: HttpRequest) -> JsonResponse:
    """Answer a bug, without telling what it was."""
    return JsonResponse(
        error_body(
            "server_error",
            "Something went wrong on our side. Nothing was done by halves; try again.",
        ),
        status=500,
    )
