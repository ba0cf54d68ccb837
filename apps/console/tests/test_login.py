"""Nobody enters the console without address, password and code, all on one page."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts import recovery
from apps.accounts.models import RecoveryCode, RecoveryDevice, TOTPDevice
from apps.accounts.tests.factories import PASSWORD

from .conftest import code_now, sign_in

pytestmark = pytest.mark.django_db


def is_inside(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)


def test_address_password_and_code_open_the_console(operator: Any) -> None:
    client = Client()
    answer = sign_in(client, operator, code_now(operator))
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/"
    assert is_inside(client)


def test_the_login_page_asks_for_everything_at_once(client: Client) -> None:
    page = client.get("/admin/login/").content.decode()
    for name in ("username", "password", "otp_token", "csrfmiddlewaretoken"):
        assert f'name="{name}"' in page
    assert 'autocomplete="one-time-code"' in page


@pytest.mark.parametrize("code", ["", "000000x", "12345", "abcdefgh"])
def test_without_a_right_code_there_is_no_session(operator: Any, code: str) -> None:
    client = Client()
    answer = sign_in(client, operator, code)
    assert answer.status_code == 200
    assert not is_inside(client)
    assert "_auth_user_id" not in client.session


def test_the_page_never_gives_the_password_back(operator: Any) -> None:
    client = Client()
    for code in ("", "123"):
        assert PASSWORD not in sign_in(client, operator, code).content.decode()


def test_a_code_opens_once(operator: Any) -> None:
    code = code_now(operator)
    assert sign_in(Client(), operator, code).status_code == 302
    again = Client()
    assert "already used" in sign_in(again, operator, code).content.decode()
    assert not is_inside(again)


def test_a_wrong_password_is_not_told_from_an_unknown_address(operator: Any) -> None:
    wrong = sign_in(Client(), operator, code_now(operator), password="not it at all")
    operator.email = "nobody@example.com"
    unknown = sign_in(Client(), operator, "123456", password="not it at all")
    words = "for a staff account"
    assert words in wrong.content.decode()
    assert words in unknown.content.decode()


def test_an_owner_with_a_second_factor_stays_outside(owner: Any) -> None:
    TOTPDevice.objects.create(user=owner, name="Authenticator", confirmed=True)
    client = Client()
    assert sign_in(client, owner, code_now(owner)).status_code == 200
    assert not is_inside(client)


def test_staff_without_a_second_factor_stay_outside(agent: Any) -> None:
    client = Client()
    assert "second factor" in sign_in(client, agent, "123456").content.decode()
    client.force_login(agent)
    assert not is_inside(client)
    assert "second factor" in client.get("/admin/login/").content.decode()


def test_a_seed_that_was_never_confirmed_opens_nothing(agent: Any) -> None:
    TOTPDevice.objects.create(user=agent, name="Authenticator", confirmed=False)
    client = Client()
    assert sign_in(client, agent, code_now(agent)).status_code == 200
    assert not is_inside(client)


def test_somebody_elses_authenticator_opens_nothing(operator: Any, owner: Any) -> None:
    TOTPDevice.objects.create(user=owner, name="Authenticator", confirmed=True)
    other = TOTPDevice.objects.get(user=owner)
    client = Client()
    fields = {
        "username": operator.email,
        "password": PASSWORD,
        "otp_token": code_now(owner),
        "otp_device": other.persistent_id,
    }
    assert client.post("/admin/login/", fields).status_code == 200
    assert not is_inside(client)


def test_a_recovery_code_opens_once(operator: Any) -> None:
    sheet = RecoveryDevice.objects.create(user=operator, name="Recovery", confirmed=True)
    code = recovery.new_codes()[0]
    RecoveryCode.objects.create(device=sheet, digest=recovery.digest(str(operator.pk), code))
    client = Client()
    assert sign_in(client, operator, code).status_code == 302
    assert is_inside(client)
    assert sign_in(Client(), operator, code).status_code == 200


def test_a_suspended_operator_is_out_at_once(console: Client, operator: Any) -> None:
    assert is_inside(console)
    operator.status = "suspended"
    operator.save(update_fields=["status"])
    assert not is_inside(console)


def test_guessing_passwords_is_locked_with_429(operator: Any) -> None:
    client = Client()
    answers = [sign_in(client, operator, "123456", password="wrong") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert "Wait" in answers[-1].content.decode()
    locked = sign_in(client, operator, code_now(operator))
    assert locked.status_code == 429
    assert not is_inside(client)


def test_guessing_codes_is_locked_even_for_the_right_one(operator: Any) -> None:
    client = Client()
    right = code_now(operator)
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(5):
        sign_in(client, operator, wrong)
    assert "Too many wrong codes" in sign_in(client, operator, right).content.decode()
    assert not is_inside(client)
