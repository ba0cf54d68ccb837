"""What the accounts' tests share: calling the API, reading mail, an authenticator, a rush of threads."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from rest_framework.test import APIClient

from apps.accounts import tasks, totp
from apps.accounts.models import TOTPDevice, User
from apps.accounts.services import second_factor
from apps.accounts.tests.factories import PASSWORD
from apps.accounts.types import EnrolledByStaff
from apps.common import events
from apps.common.clock import real_now

Call = Callable[..., Any]


@pytest.fixture
def call() -> Call:
    """POST to the API as nobody: `call("auth/login", email=..., password=...)`."""

    def post(path: str, *, address: str = "192.0.2.1", **body: Any) -> Any:
        return APIClient().post(f"/api/v1/{path}", body, REMOTE_ADDR=address)

    return post


@pytest.fixture
def sign_in(call: Call) -> Callable[..., dict[str, Any]]:
    """Sign a person in with the password and return the answer's body."""

    def log_in(user: User, password: str = PASSWORD) -> dict[str, Any]:
        response = call("auth/login", email=user.email, password=password)
        assert response.status_code == 200, response.json()
        body: dict[str, Any] = response.json()
        return body

    return log_in


@pytest.fixture
def bearer() -> Callable[[str], APIClient]:
    """Return a client that sends this access token."""

    def make(access: str) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
        return client

    return make


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[EmailMessage]]:
    """Run the relay, then the tasks that it handed out, and return every mail sent so far."""
    queued: list[tuple[str, str]] = []
    monkeypatch.setattr(tasks.send_mail, "delay", lambda kind, user_id: queued.append((kind, user_id)))

    def deliver() -> list[EmailMessage]:
        events.deliver_all()
        while queued:
            tasks.send_mail(*queued.pop(0))
        return list(mail.outbox)

    return deliver


@pytest.fixture
def enrolled(owner: User) -> EnrolledByStaff:
    """The owner has a second factor."""
    return second_factor.enrol_directly(user=owner)


def code_of(user: User, *, steps: int = 0) -> str:
    """Return what the person's authenticator shows now, or `steps` time steps later."""
    seed = TOTPDevice.objects.get(user=user).seed
    return totp.code_for(seed, totp.step_at(real_now()) + steps)


def token_in(message: EmailMessage) -> str:
    """Return the code that a mail carries."""
    found = re.search(r"^Code: (\S+)$", str(message.body), re.MULTILINE)
    assert found, message.body
    return found.group(1)


def error_of(response: Any, status: int) -> str:
    """Hold the answer to the house's error form and return its code."""
    body = response.json()
    assert response.status_code == status, body
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["message"]
    return str(body["error"]["code"])
