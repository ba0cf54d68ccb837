"""Tokens that nobody here has signed."""

from typing import Any

import jwt
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.tests.conftest import error_of


def forged(token: str, kind: str) -> str:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    if kind == "no signature":
        return jwt.encode(claims, "", algorithm="none")
    if kind == "other key":
        return jwt.encode(claims, "another key, long enough for SHA-256", algorithm="HS256")
    if kind == "the key of sessions and links":
        return jwt.encode(claims, settings.SECRET_KEY, algorithm="HS256")
    if kind == "other issuer":
        return jwt.encode({**claims, "iss": "elsewhere"}, settings.JWT_SIGNING_KEY, algorithm="HS256")
    return token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB")


KINDS = ["no signature", "other key", "the key of sessions and links", "other issuer", "altered"]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_a_forged_token_opens_nothing(call: Any, sign_in: Any, bearer: Any, owner: User, kind: str) -> None:
    tokens = sign_in(owner)
    assert bearer(tokens["access"]).get("/api/v1/users/me").status_code == 200
    refused = bearer(forged(tokens["access"], kind)).get("/api/v1/users/me")
    assert error_of(refused, 401) == "not_authenticated"
    assert refused["WWW-Authenticate"] == 'Bearer realm="petwash"'
    assert error_of(call("auth/refresh", refresh=forged(tokens["refresh"], kind)), 401) == "token_invalid"
    assert call("auth/refresh", refresh=tokens["refresh"]).status_code == 200


@pytest.mark.django_db
def test_a_refresh_token_is_no_access_token(sign_in: Any, bearer: Any, owner: User) -> None:
    refused = bearer(sign_in(owner)["refresh"]).get("/api/v1/users/me")
    assert error_of(refused, 401) == "not_authenticated"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer a b", "Bearer \xff.\xfe.\xfd", "Bearer a.b.c", "bearer ..", "Basic eDp5"]
)
def test_a_malformed_header_is_401(header: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    assert error_of(client.get("/api/v1/users/me"), 401) == "not_authenticated"
