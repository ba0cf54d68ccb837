"""What the console's tests share: an operator with a second factor, and a signed-in browser of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts import totp
from apps.accounts.models import TOTPDevice
from apps.accounts.tests.factories import PASSWORD
from apps.common.clock import real_now
from apps.common.models import Heartbeat


def code_now(user: Any, *, steps: int = 0) -> str:
    """Return the code that the person's authenticator shows, or showed some steps away."""
    device = TOTPDevice.objects.get(user=user)
    return totp.code_for(device.seed, totp.step_at(real_now()) + steps)


def keep_the_bridge_alive() -> None:
    """Let the bridge beat for all of a test: a slow machine is no silent bridge."""
    Heartbeat.objects.update_or_create(name="bridge", defaults={"beaten_at": real_now() + timedelta(hours=1)})


@pytest.fixture
def operator(agent: Any) -> Any:
    """A member of staff who has enrolled a second factor."""
    TOTPDevice.objects.create(user=agent, name="Authenticator", confirmed=True)
    agent.two_factor_enabled = True
    agent.save(update_fields=["two_factor_enabled"])
    return agent


def sign_in(client: Client, user: Any, code: str, password: str = PASSWORD) -> Any:
    """Send the login form."""
    fields = {"username": user.email, "password": password, "otp_token": code}
    return client.post("/admin/login/?next=/admin/", fields)


@pytest.fixture
def console(operator: Any) -> Client:
    """A client that is signed in with both factors."""
    client = Client()
    answer = sign_in(client, operator, code_now(operator))
    assert answer.status_code == 302
    return client
