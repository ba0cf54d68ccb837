"""How an operation is described in the OpenAPI document: role, errors and examples included."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from apps.common.api.exceptions import error_body


class ErrorDetailSerializer(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField(help_text="Stable, snake_case.")
    message = serializers.CharField(help_text="For a person.")
    details = serializers.DictField(child=serializers.JSONField(), help_text="By field for validation errors.")


class ErrorSerializer(serializers.Serializer[Any]):
    """The body of every error."""

    error = ErrorDetailSerializer()


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True,
    description="Random, new for each operation, the same for its repeats; kept 24 hours.",
)  # fmt: skip
IDEMPOTENCY_ERRORS = ("idempotency_key_reused:409", "idempotency_in_progress:409")


def operation(
    *,
    summary: str,
    responses: dict[Any, Any],
    description: str = "",
    request: Any = None,
    errors: Sequence[str] = (),
    examples: Sequence[OpenApiExample] = (),
    parameters: Sequence[Any] = (),
    role: str = "anyone signed in",
    tags: Sequence[str] | None = None,
    operation_id: str | None = None,
    idempotency: bool = False,
) -> Callable[[Any], Any]:
    """Describe a view method. `errors` are "code:status"; `role` says who may call ("anyone" needs no token).

    401 is added for every role but "anyone", 400 `validation_error` for every operation that takes
    input, and the idempotency header with its errors where `idempotency` is set.
    """
    all_errors = [*errors]
    if role != "anyone":
        all_errors.append("not_authenticated:401")
    is_page = any(isinstance(response, serializers.ListSerializer) for response in responses.values())
    if request is not None or parameters or idempotency or is_page:
        all_errors.append("validation_error:400")
    if request is not None:
        all_errors += ["malformed_json:400", "unsupported_media_type:415", "body_too_large:413"]
    if idempotency:
        all_errors += IDEMPOTENCY_ERRORS
    all_errors += ["not_acceptable:406", "database_unavailable:503"]
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=f"{description}\n\nRole: {role}.".strip(),
        request=request,
        responses={**responses, **_error_responses(all_errors)},
        examples=list(examples),
        parameters=[*parameters, *([IDEMPOTENCY_KEY] if idempotency else [])],
        tags=list(tags) if tags else None,
        auth=[] if role == "anyone" else None,
    )


def _error_responses(errors: Sequence[str]) -> dict[int, OpenApiResponse]:
    by_status: dict[int, list[str]] = defaultdict(list)
    for error in errors:
        code, status = error.rsplit(":", 1)
        if code not in by_status[int(status)]:
            by_status[int(status)].append(code)
    return {status: _error_response(status, codes) for status, codes in sorted(by_status.items())}


def _error_response(status: int, codes: list[str]) -> OpenApiResponse:
    return OpenApiResponse(
        response=ErrorSerializer,
        description=f"{HTTPStatus(status).phrase}: " + ", ".join(f"`{code}`" for code in codes),
        examples=[
            OpenApiExample(
                code,
                value=error_body(code, "A sentence for a person."),
                response_only=True,
                status_codes=[str(status)],
            )
            for code in codes
        ],
    )
