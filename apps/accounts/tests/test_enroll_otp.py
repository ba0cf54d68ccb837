"""`manage.py enroll_otp`: the first administrator's second factor."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import TOTPDevice, User
from apps.accounts.tests.conftest import code_of
from apps.accounts.tests.factories import PASSWORD


def enroll(email: str, **options: Any) -> str:
    out = StringIO()
    call_command("enroll_otp", email, stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_it_prints_a_secret_and_ten_codes_that_work(call: Any, agent: User) -> None:
    printed = enroll("AGENT@example.com")
    assert "otpauth://totp/PetWash:agent@example.com?" in printed
    codes = [line.strip() for line in printed.splitlines() if line.startswith("  ")]
    assert len(codes) == 10
    login = call("auth/login", email=agent.email, password=PASSWORD).json()
    assert call("auth/2fa/verify", challenge=login["challenge"], code=codes[0]).status_code == 200
    login = call("auth/login", email=agent.email, password=PASSWORD).json()
    assert call("auth/2fa/verify", challenge=login["challenge"], code=code_of(agent)).status_code == 200


@pytest.mark.django_db
def test_it_does_not_void_a_second_factor_unasked(agent: User) -> None:
    enroll(agent.email)
    seed = TOTPDevice.objects.get(user=agent).seed
    with pytest.raises(CommandError, match="--replace"):
        enroll(agent.email)
    assert TOTPDevice.objects.get(user=agent).seed == seed
    enroll(agent.email, replace=True)
    assert TOTPDevice.objects.get(user=agent).seed != seed


@pytest.mark.django_db
def test_an_unknown_address_is_said_to_be_unknown() -> None:
    with pytest.raises(CommandError, match="No active account"):
        enroll("nobody@example.com")
