"""Staff: two factors or no staff permission, at the API and at the console's login."""

from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.test import RequestFactory
from django_otp import devices_for_user
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from apps.accounts.api.authentication import BearerAuthentication
from apps.accounts.models import RecoveryDevice, TOTPDevice, User
from apps.accounts.services import second_factor
from apps.accounts.tests.conftest import code_of
from apps.accounts.tests.factories import PASSWORD
from apps.common.api.permissions import StaffWithSecondFactor
from apps.common.errors import Forbidden
from petwash.testing.races import crowd


def request_with(access: str) -> Request:
    raw = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {access}")
    return Request(raw, authenticators=[BearerAuthentication()])


@pytest.mark.django_db
def test_the_four_groups_of_staff_exist() -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= {
        "Operations",
        "Finance",
        "Trust & Safety",
        "Support",
    }


@pytest.mark.django_db
def test_staff_without_a_second_factor_sign_in_without_staff_permission(sign_in: Any, agent: User) -> None:
    request = request_with(sign_in(agent)["access"])
    with pytest.raises(Forbidden) as refusal:
        StaffWithSecondFactor().has_permission(request, None)
    assert refusal.value.code == "second_factor_required"


@pytest.mark.django_db
def test_staff_with_a_second_factor_have_it(call: Any, agent: User) -> None:
    second_factor.enrol_directly(user=agent)
    login = call("auth/login", email=agent.email, password=PASSWORD).json()
    tokens = call("auth/2fa/verify", challenge=login["challenge"], code=code_of(agent)).json()
    assert StaffWithSecondFactor().has_permission(request_with(tokens["access"]), None)


@pytest.mark.django_db
def test_django_otp_finds_both_devices_and_accepts_a_code_once(agent: User) -> None:
    codes = second_factor.enrol_directly(user=agent).recovery_codes
    assert {type(device) for device in devices_for_user(agent)} == {TOTPDevice, RecoveryDevice}
    authenticator, sheet = TOTPDevice.objects.get(), RecoveryDevice.objects.get()
    code = code_of(agent)
    assert authenticator.verify_token(code)
    assert not authenticator.verify_token(code)
    assert not authenticator.verify_token(codes[0])
    assert sheet.verify_token(codes[0])
    assert not sheet.verify_token(codes[0])


@pytest.mark.django_db(transaction=True)
def test_one_code_at_four_console_logins_at_once_is_accepted_once(agent: User) -> None:
    second_factor.enrol_directly(user=agent)
    code, devices = code_of(agent), [TOTPDevice.objects.get() for _ in range(4)]
    assert sorted(crowd(4, lambda n: devices[n].verify_token(code))) == [False, False, False, True]


@pytest.mark.django_db
def test_wrong_codes_at_the_console_and_at_the_api_count_together(call: Any, agent: User) -> None:
    second_factor.enrol_directly(user=agent)
    device = TOTPDevice.objects.get()
    for _ in range(3):
        assert not device.verify_token("12345")
    login = call("auth/login", email=agent.email, password=PASSWORD).json()
    for _ in range(2):
        call("auth/2fa/verify", challenge=login["challenge"], code="12345")
    allowed, why = device.verify_is_allowed()
    assert not allowed
    assert why is not None
    assert "Too many wrong codes" in why["error_message"]
    assert not device.verify_token(code_of(agent))


@pytest.mark.django_db
def test_the_console_login_shares_the_limit_of_passwords(agent: User) -> None:
    request = RequestFactory().post("/admin/login/", REMOTE_ADDR="192.0.2.1")
    assert authenticate(request, username=agent.email, password=PASSWORD) == agent
    for _ in range(5):
        assert authenticate(request, username=agent.email, password="wrong") is None
    assert authenticate(request, username=agent.email, password=PASSWORD) is None
    assert 0 < request.locked_for_seconds <= 900  # type: ignore[attr-defined]  # set by the backend
