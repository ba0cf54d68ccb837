"""The cast of the tests: named people, so that an access test reads as a story."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

ApiFactory = Callable[..., APIClient]


def access_token_for(user: Any, *, second_factor: bool = False) -> str:
    """Return an access token of an open session, as a login would give it."""
    from django.db import transaction

    from apps.accounts.services import sessions

    with transaction.atomic():
        return sessions.open_session(user, proofs=["pwd", "otp"] if second_factor else ["pwd"]).access


@pytest.fixture
def api() -> ApiFactory:
    """Return a maker of API clients: `api(user)` is signed in, `api()` is not; staff use two factors."""

    def make(user: Any = None, *, second_factor: bool | None = None) -> APIClient:
        client = APIClient(raise_request_exception=True)
        if user is not None:
            factor = user.is_staff if second_factor is None else second_factor
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {access_token_for(user, second_factor=factor)}")
        return client

    return make


@pytest.fixture
def owner(db: None) -> Any:
    """Somebody who has pets."""
    from apps.accounts.tests.factories import UserFactory

    return UserFactory(email="owner@example.com", full_name="Olivia Owner")


@pytest.fixture
def sitter_user(db: None) -> Any:
    """Somebody who sits (an account; its vetting belongs to the sitters app)."""
    from apps.accounts.tests.factories import SitterUserFactory

    return SitterUserFactory(email="sitter@example.com", full_name="Simon Sitter")


@pytest.fixture
def stranger(db: None) -> Any:
    """Somebody with an account and no part in the story."""
    from apps.accounts.tests.factories import UserFactory

    return UserFactory(email="stranger@example.com", full_name="Stella Stranger")


@pytest.fixture
def agent(db: None) -> Any:
    """A member of staff."""
    from apps.accounts.tests.factories import StaffFactory

    return StaffFactory(email="agent@example.com", full_name="Agnes Agent")
