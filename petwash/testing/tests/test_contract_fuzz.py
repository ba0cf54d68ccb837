"""The API from outside: whatever a client sends, the server answers as its document says, and never fails.

Requests are drawn by schemathesis from the OpenAPI document, the same ones in every run, once for each role.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from petwash.testing.cast import access_token_for

# No 500 is documented anywhere, so the first check is also the one against server errors.
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
ROLES = ("nobody", "owner", "sitter_user", "agent")
REQUESTS_AN_OPERATION = 5


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the test's connection over its requests, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def api_schema(db: None, one_connection: None, stripe_sandbox: Any, settings: Any) -> Any:
    """Return the API as its document describes it, called in this process; the vetting provider is down."""
    settings.VETTING_API_BASE = "http://127.0.0.1:9"
    return schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())


@pytest.mark.parametrize("role", ROLES)
def test_the_server_answers_as_its_document_says(role: str, api_schema: Any, request: pytest.FixtureRequest) -> None:
    headers = _headers(role, request)
    broken: list[str] = []
    for found in api_schema.get_all_operations():
        broken += _try_operation(found.ok(), headers)
    assert not broken, "\n".join(broken)


def _headers(role: str, request: pytest.FixtureRequest) -> dict[str, str]:
    if role == "nobody":
        return {}
    user = request.getfixturevalue(role)
    return {"Authorization": f"Bearer {access_token_for(user, second_factor=user.is_staff)}"}


def _try_operation(operation: Any, headers: dict[str, str]) -> list[str]:
    broken: list[str] = []

    @settings(
        max_examples=REQUESTS_AN_OPERATION,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case: Any) -> None:
        response = case.call(headers={**(case.headers or {}), **headers})
        try:
            case.validate_response(response, checks=CHECKS)
        except (Failure, FailureGroup) as failure:
            told = [str(part) for part in getattr(failure, "exceptions", [failure])]
            body = response.content[:300]
            broken.append(f"{operation.label}: HTTP {response.status_code} {body!r}: {'; '.join(told)[:400]}")

    run()
    return broken[:2]
