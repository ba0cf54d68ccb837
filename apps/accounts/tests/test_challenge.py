"""The second step of a sign-in."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.accounts.models import RecoveryCode, SessionFamily, User
from apps.accounts.states import UserStatus
from apps.accounts.tests.conftest import code_of, error_of
from apps.accounts.tests.factories import PASSWORD
from apps.accounts.types import EnrolledByStaff
from apps.common.clock import real_now
from petwash.testing.races import crowd


@pytest.fixture
def challenge(call: Any, owner: User, enrolled: EnrolledByStaff) -> Any:
    """Start a sign-in of the owner and return its challenge."""

    def start() -> str:
        body = call("auth/login", email=owner.email, password=PASSWORD).json()
        assert set(body) == {"two_factor_required", "challenge"}
        assert body["two_factor_required"] is True
        return str(body["challenge"])

    return start


@pytest.mark.django_db
def test_no_token_comes_before_the_code(call: Any, challenge: Any, bearer: Any) -> None:
    secret = challenge()
    assert not SessionFamily.objects.exists()
    assert error_of(bearer(secret).get("/api/v1/users/me"), 401) == "not_authenticated"
    assert error_of(call("auth/refresh", refresh=secret), 401) == "token_invalid"


@pytest.mark.django_db
def test_a_right_code_opens_a_session_with_both_proofs(call: Any, challenge: Any, owner: User) -> None:
    response = call("auth/2fa/verify", challenge=challenge(), code=code_of(owner))
    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh", "user"}
    assert SessionFamily.objects.get().proofs == ["pwd", "otp"]
    rotated = call("auth/refresh", refresh=response.json()["refresh"])
    assert rotated.status_code == 200
    assert SessionFamily.objects.get().proofs == ["pwd", "otp"]


@pytest.mark.django_db
def test_a_wrong_code_may_be_mended_on_the_same_challenge(call: Any, challenge: Any, owner: User) -> None:
    secret = challenge()
    assert error_of(call("auth/2fa/verify", challenge=secret, code="12345"), 401) == "wrong_code"
    assert call("auth/2fa/verify", challenge=secret, code=code_of(owner)).status_code == 200


@pytest.mark.django_db
def test_a_used_code_is_refused(call: Any, challenge: Any, owner: User) -> None:
    code = code_of(owner)
    assert call("auth/2fa/verify", challenge=challenge(), code=code).status_code == 200
    assert error_of(call("auth/2fa/verify", challenge=challenge(), code=code), 401) == "code_reused"
    # Neither is the code of an earlier step, though it was never used.
    earlier = code_of(owner, steps=-1)
    assert error_of(call("auth/2fa/verify", challenge=challenge(), code=earlier), 401) == "code_reused"


@pytest.mark.django_db
def test_a_challenge_opens_one_session(call: Any, challenge: Any, owner: User) -> None:
    secret = challenge()
    assert call("auth/2fa/verify", challenge=secret, code=code_of(owner)).status_code == 200
    again = call("auth/2fa/verify", challenge=secret, code=code_of(owner, steps=1))
    assert error_of(again, 401) == "challenge_invalid"
    assert error_of(call("auth/2fa/verify", challenge="made up", code="123456"), 401) == "challenge_invalid"


@pytest.mark.django_db
def test_a_challenge_lives_five_minutes(call: Any, challenge: Any, owner: User) -> None:
    secret = challenge()
    with time_machine.travel(real_now() + timedelta(minutes=5, seconds=1), tick=False):
        response = call("auth/2fa/verify", challenge=secret, code=code_of(owner))
        assert error_of(response, 401) == "challenge_expired"
    assert not SessionFamily.objects.exists()


@pytest.mark.django_db
def test_five_wrong_codes_lock_the_account_over_all_challenges_and_addresses(
    call: Any, challenge: Any, owner: User
) -> None:
    for number in range(5):
        response = call("auth/2fa/verify", challenge=challenge(), code="12345", address=f"192.0.2.{number}")
        assert error_of(response, 401) == "wrong_code"
    secret = challenge()
    locked = call("auth/2fa/verify", challenge=secret, code=code_of(owner), address="198.51.100.7")
    assert error_of(locked, 429) == "too_many_attempts"
    assert 0 < int(locked["Retry-After"]) <= 900
    assert not SessionFamily.objects.exists()


@pytest.mark.django_db
def test_a_recovery_code_works_once(call: Any, challenge: Any, enrolled: EnrolledByStaff) -> None:
    code = enrolled.recovery_codes[3]
    assert call("auth/2fa/verify", challenge=challenge(), code=code.upper()).status_code == 200
    assert error_of(call("auth/2fa/verify", challenge=challenge(), code=code), 401) == "code_reused"
    assert RecoveryCode.objects.filter(used_at__isnull=False).count() == 1


@pytest.mark.django_db
def test_a_recovery_code_of_another_person_is_wrong(call: Any, challenge: Any, stranger: User) -> None:
    from apps.accounts.services import second_factor

    theirs = second_factor.enrol_directly(user=stranger).recovery_codes[0]
    assert error_of(call("auth/2fa/verify", challenge=challenge(), code=theirs), 401) == "wrong_code"


@pytest.mark.django_db
def test_somebody_suspended_between_the_steps_stays_out(call: Any, challenge: Any, owner: User) -> None:
    secret = challenge()
    User.objects.filter(pk=owner.pk).update(status=UserStatus.SUSPENDED)
    response = call("auth/2fa/verify", challenge=secret, code=code_of(owner))
    assert error_of(response, 401) == "account_suspended"
    assert not SessionFamily.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["authenticator", "recovery"])
def test_one_code_used_at_once_on_four_challenges_opens_one_session(
    call: Any, challenge: Any, owner: User, enrolled: EnrolledByStaff, kind: str
) -> None:
    code = code_of(owner) if kind == "authenticator" else enrolled.recovery_codes[0]
    secrets = [challenge() for _ in range(4)]
    answers = crowd(4, lambda n: call("auth/2fa/verify", challenge=secrets[n], code=code))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    refused = {answer.json()["error"]["code"] for answer in answers if answer.status_code == 401}
    assert refused == {"code_reused"}
    assert SessionFamily.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_guesses_in_parallel_do_not_get_past_the_limit(call: Any, challenge: Any) -> None:
    secret = challenge()
    codes = crowd(9, lambda _: call("auth/2fa/verify", challenge=secret, code="12345").json()["error"]["code"])
    assert sorted(codes) == ["too_many_attempts"] * 4 + ["wrong_code"] * 5
