"""Turning the second factor on and off."""

from typing import Any

import pytest
from django.db import connection

from apps.accounts import totp
from apps.accounts.models import RecoveryCode, TOTPDevice, User
from apps.accounts.tests.conftest import code_of, error_of
from apps.accounts.tests.factories import PASSWORD
from apps.accounts.types import EnrolledByStaff


def set_up_and_confirm(client: Any, user: User) -> list[str]:
    client.post("/api/v1/auth/2fa/setup")
    response = client.post("/api/v1/auth/2fa/confirm", {"code": code_of(user)})
    assert response.status_code == 200, response.json()
    codes: list[str] = response.json()["recovery_codes"]
    return codes


@pytest.mark.django_db
def test_setup_gives_what_an_authenticator_needs_and_protects_nothing_yet(api: Any, call: Any, owner: User) -> None:
    body = api(owner).post("/api/v1/auth/2fa/setup").json()
    assert set(body) == {"otpauth_uri", "secret", "qr_svg"}
    seed = TOTPDevice.objects.get(user=owner).seed
    assert body["secret"] == totp.base32_secret(seed)
    assert body["otpauth_uri"].startswith("otpauth://totp/PetWash:owner@example.com?")
    assert f"secret={body['secret']}" in body["otpauth_uri"]
    assert "<svg" in body["qr_svg"]
    assert "access" in call("auth/login", email=owner.email, password=PASSWORD).json()


@pytest.mark.django_db
def test_a_second_setup_replaces_the_unconfirmed_secret(api: Any, owner: User) -> None:
    first = api(owner).post("/api/v1/auth/2fa/setup").json()["secret"]
    second = api(owner).post("/api/v1/auth/2fa/setup").json()["secret"]
    assert first != second
    assert TOTPDevice.objects.filter(user=owner).count() == 1


@pytest.mark.django_db
def test_confirming_turns_it_on_and_shows_ten_codes(api: Any, call: Any, owner: User, outbox: Any) -> None:
    codes = set_up_and_confirm(api(owner), owner)
    assert len(set(codes)) == 10
    owner.refresh_from_db()
    assert owner.two_factor_enabled
    login = call("auth/login", email=owner.email, password=PASSWORD).json()
    assert set(login) == {"two_factor_required", "challenge"}
    assert [message.subject for message in outbox()] == ["Two-step sign-in is on"]


@pytest.mark.django_db
def test_confirming_ends_the_other_sessions_and_keeps_this_one(sign_in: Any, bearer: Any, owner: User) -> None:
    mine, other = sign_in(owner), sign_in(owner)
    set_up_and_confirm(bearer(mine["access"]), owner)
    assert bearer(mine["access"]).get("/api/v1/users/me").status_code == 200
    assert error_of(bearer(other["access"]).get("/api/v1/users/me"), 401) == "not_authenticated"


@pytest.mark.django_db
def test_a_wrong_code_confirms_nothing(api: Any, owner: User) -> None:
    client = api(owner)
    client.post("/api/v1/auth/2fa/setup")
    response = client.post("/api/v1/auth/2fa/confirm", {"code": code_of(owner, steps=9)})
    assert error_of(response, 400) == "wrong_code"
    assert "code" in response.json()["error"]["details"]
    owner.refresh_from_db()
    assert not owner.two_factor_enabled


@pytest.mark.django_db
def test_confirming_is_limited(api: Any, owner: User) -> None:
    client = api(owner)
    client.post("/api/v1/auth/2fa/setup")
    answers = [client.post("/api/v1/auth/2fa/confirm", {"code": "000000x"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429]


@pytest.mark.django_db
def test_confirming_without_setup_and_setting_up_twice_are_conflicts(
    api: Any, owner: User, stranger: User, enrolled: EnrolledByStaff
) -> None:
    nothing = api(stranger).post("/api/v1/auth/2fa/confirm", {"code": "123456"})
    assert error_of(nothing, 409) == "two_factor_not_set_up"
    assert error_of(api(owner).post("/api/v1/auth/2fa/setup"), 409) == "two_factor_already_enabled"
    again = api(owner).post("/api/v1/auth/2fa/confirm", {"code": code_of(owner)})
    assert error_of(again, 409) == "two_factor_already_enabled"


@pytest.mark.django_db
def test_disabling_takes_the_password_and_a_code(api: Any, owner: User, enrolled: EnrolledByStaff) -> None:
    client = api(owner)
    wrong = client.post("/api/v1/auth/2fa/disable", {"password": "wrong", "code": code_of(owner)})
    assert error_of(wrong, 400) == "wrong_password"
    assert set(wrong.json()["error"]["details"]) == {"password"}
    bad = client.post("/api/v1/auth/2fa/disable", {"password": PASSWORD, "code": "12345"})
    assert error_of(bad, 400) == "wrong_code"
    owner.refresh_from_db()
    assert owner.two_factor_enabled
    right = client.post("/api/v1/auth/2fa/disable", {"password": PASSWORD, "code": code_of(owner)})
    assert right.status_code == 204
    owner.refresh_from_db()
    assert not TOTPDevice.objects.exists()
    assert not RecoveryCode.objects.exists()
    again = client.post("/api/v1/auth/2fa/disable", {"password": PASSWORD, "code": "123456"})
    assert error_of(again, 409) == "two_factor_not_enabled"


@pytest.mark.django_db
def test_disabling_takes_the_second_proof_from_the_session_at_once(api: Any, agent: User) -> None:
    from apps.accounts.services import second_factor

    second_factor.enrol_directly(user=agent)
    client = api(agent)
    body = {"password": PASSWORD, "code": code_of(agent)}
    assert client.post("/api/v1/auth/2fa/disable", body).status_code == 204
    response = client.get("/api/v1/users/me")
    assert response.renderer_context["request"].auth["amr"] == ["pwd"]


@pytest.mark.django_db
def test_seeds_are_encrypted_and_codes_digested_at_rest(owner: User, enrolled: EnrolledByStaff) -> None:
    device = TOTPDevice.objects.get(user=owner)
    with connection.cursor() as cursor:
        cursor.execute("SELECT seed FROM accounts_totp_device")
        [(stored_seed,)] = cursor.fetchall()
        cursor.execute("SELECT digest FROM accounts_recovery_code")
        stored = {digest for (digest,) in cursor.fetchall()}
    assert device.seed not in stored_seed
    assert stored_seed.startswith("gAAAA")
    assert len(stored) == 10
    assert not stored & set(enrolled.recovery_codes)
    assert not stored & {code.replace("-", "") for code in enrolled.recovery_codes}
