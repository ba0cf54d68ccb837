"""Time-based one-time codes (RFC 6238: SHA-1, six digits, thirty seconds). Pure.

One step of tolerance to either side, which is what RFC 6238 section 5.2 recommends for clocks that
are slightly off and for a person who types slowly.
"""

import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from urllib.parse import quote, urlencode

from django_otp.oath import hotp

STEP_SECONDS = 30
DIGITS = 6
TOLERANCE_STEPS = 1
SEED_BYTES = 20  # RFC 4226 section 4, requirement 6: 160 bits recommended


class CodeResult(Enum):
    """What became of a code: only ACCEPTED opens anything."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    REUSED = "reused"


@dataclass(frozen=True)
class StepMatch:
    """The verdict on a code, and the time step that it belongs to when it belongs to one."""

    result: CodeResult
    step: int | None = None


def new_seed() -> str:
    """Return a fresh seed of 160 random bits, hexadecimal."""
    return secrets.token_hex(SEED_BYTES)


def step_at(instant: datetime) -> int:
    """Return the number of the time step that holds the instant."""
    return int(instant.timestamp()) // STEP_SECONDS


def code_for(seed: str, step: int) -> str:
    """Return the six digits that an authenticator shows during the step."""
    return f"{hotp(bytes.fromhex(seed), step, digits=DIGITS):0{DIGITS}d}"


def judge(seed: str, code: str, *, now: datetime, last_step: int) -> StepMatch:
    """Judge a code; one of a step at or before `last_step` has been used and is refused."""
    digits = "".join(code.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return StepMatch(CodeResult.WRONG)
    current = step_at(now)
    used: StepMatch | None = None
    for step in range(current - TOLERANCE_STEPS, current + TOLERANCE_STEPS + 1):
        if not hmac.compare_digest(code_for(seed, step), digits):
            continue
        if step > last_step:
            return StepMatch(CodeResult.ACCEPTED, step)
        used = StepMatch(CodeResult.REUSED, step)
    return used or StepMatch(CodeResult.WRONG)


def base32_secret(seed: str) -> str:
    """Return the seed as people type it into an authenticator."""
    return b32encode(bytes.fromhex(seed)).decode().rstrip("=")


def otpauth_uri(seed: str, *, account: str, issuer: str) -> str:
    """Return the URI behind the QR picture (the Key Uri Format of Google Authenticator)."""
    issuer = issuer.replace(":", "")  # the colon parts the issuer from the account
    label = quote(f"{issuer}:{account}", safe="@:")
    query = urlencode(
        {
            "secret": base32_secret(seed),
            "issuer": issuer,
            "algorithm": "SHA1",
            "digits": DIGITS,
            "period": STEP_SECONDS,
        },
        quote_via=quote,
    )
    return f"otpauth://totp/{label}?{query}"
