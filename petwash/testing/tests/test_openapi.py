"""The OpenAPI document: valid 3.1, without a warning, and telling the whole contract."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

MOVES_MONEY_OR_A_BAY = {
    "/api/v1/booking/create",
    "/api/v1/booking/deposit",
    "/api/v1/sitter/payout",
    "/api/v1/wash/payment/activate",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return the document as the server gives it."""
    return dict(SchemaGenerator().get_schema(request=None, public=True))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ("POST /path", operation)."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_it_is_valid_and_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_it_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    validate_schema(document)


def test_every_operation_says_what_it_does_who_may_and_how_it_fails(document):
    incomplete = []
    for name, operation in operations(document):
        failures = [status for status in operation["responses"] if int(status) >= 400]
        complete = operation.get("summary") and "Role: " in operation.get("description", "") and failures
        if not complete:
            incomplete.append(name)
    assert incomplete == []


def test_every_error_has_an_example_with_its_code(document):
    bare = [
        f"{name} {status}"
        for name, operation in operations(document)
        for status, response in operation["responses"].items()
        if int(status) >= 400 and not response["content"]["application/json"].get("examples")
    ]
    assert bare == []


def test_operations_have_names_of_their_own(document):
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", sorted(MOVES_MONEY_OR_A_BAY))
def test_what_moves_money_or_starts_a_bay_needs_a_key(document, path):
    parameters = document["paths"][path]["post"]["parameters"]
    key = next(row for row in parameters if row["name"] == "Idempotency-Key")
    assert key["required"] is True


def test_no_path_ends_with_a_slash(document):
    assert [path for path in document["paths"] if path.endswith("/")] == []


@pytest.mark.parametrize("url", ["/api/schema/", "/api/schema/swagger-ui/", "/api/schema/redoc/"])
def test_the_document_and_both_pages_are_served(client, db, url):
    answer = client.get(url)
    assert answer.status_code == 200
    assert b"cdn." not in b"".join(answer.streaming_content) if answer.streaming else b"cdn." not in answer.content
