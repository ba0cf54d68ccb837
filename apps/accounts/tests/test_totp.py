"""The arithmetic of one-time codes, against the standard's own figures."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts import recovery, totp
from apps.accounts.totp import CodeResult

SEED = b"12345678901234567890".hex()
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    # RFC 6238, appendix B, SHA-1 rows: the last six of the eight digits.
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_for(SEED, totp.step_at(datetime.fromtimestamp(seconds, UTC))) == code


@pytest.mark.parametrize(
    ("steps", "result"),
    [
        (-2, CodeResult.WRONG),
        (-1, CodeResult.ACCEPTED),
        (0, CodeResult.ACCEPTED),
        (1, CodeResult.ACCEPTED),
        (2, CodeResult.WRONG),
    ],
)
def test_one_step_to_either_side_is_tolerated(steps: int, result: CodeResult) -> None:
    code = totp.code_for(SEED, totp.step_at(NOW) + steps)
    assert totp.judge(SEED, code, now=NOW, last_step=-1).result is result


@given(st.integers(-1, 1), st.integers(-3, 3))
def test_a_code_is_accepted_only_after_the_last_used_step(steps: int, used: int) -> None:
    step = totp.step_at(NOW) + steps
    match = totp.judge(SEED, totp.code_for(SEED, step), now=NOW, last_step=totp.step_at(NOW) + used)
    assert match.step == step
    assert (match.result is CodeResult.ACCEPTED) == (steps > used)


@given(st.text(max_size=12))
def test_no_text_makes_the_judge_fail(text: str) -> None:
    match = totp.judge(SEED, text, now=NOW, last_step=-1)
    digits = "".join(text.split())
    right = {totp.code_for(SEED, totp.step_at(NOW) + n) for n in (-1, 0, 1)}
    assert (match.result is CodeResult.ACCEPTED) == (digits in right)


def test_blanks_in_a_code_are_forgiven() -> None:
    code = totp.code_for(SEED, totp.step_at(NOW))
    assert totp.judge(SEED, f" {code[:3]} {code[3:]} ", now=NOW, last_step=-1).result is CodeResult.ACCEPTED


def test_the_uri_follows_the_key_uri_format() -> None:
    uri = totp.otpauth_uri(SEED, account="olivia+pets@example.com", issuer="Pet: Wash")
    assert uri == (
        "otpauth://totp/Pet%20Wash:olivia%2Bpets@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "&issuer=Pet%20Wash&algorithm=SHA1&digits=6&period=30"
    )


def test_time_moves_the_code_every_thirty_seconds() -> None:
    assert totp.step_at(NOW + timedelta(seconds=30)) == totp.step_at(NOW) + 1


def test_recovery_codes_are_ten_different_ones_that_survive_a_careless_hand() -> None:
    codes = recovery.new_codes()
    assert len(set(codes)) == 10
    for code in codes:
        assert recovery.looks_like_code(code)
        assert recovery.digest("7", code) == recovery.digest("7", f" {code.upper().replace('-', ' ')} ")
        assert recovery.digest("7", code) != recovery.digest("8", code)
    assert not recovery.looks_like_code("123456")
