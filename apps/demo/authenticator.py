"""The authenticator app on somebody's phone: TOTP codes (RFC 6238) from a seed."""

import base64
import time

from django_otp.oath import TOTP

STEP_SECONDS = 30


def code_of(secret_base32: str, *, at: float | None = None) -> str:
    """Return the six digits of now, or of the instant `at` (Unix seconds)."""
    padded = secret_base32 + "=" * (-len(secret_base32) % 8)
    totp = TOTP(base64.b32decode(padded, casefold=True), step=STEP_SECONDS)
    totp.time = time.time() if at is None else at
    return f"{totp.token():06d}"


class Authenticator:
    """Gives each code once: a server that refuses a reused code is waited for, not fought."""

    def __init__(self, secret_base32: str) -> None:
        self.secret = secret_base32
        self._last = 0

    def fresh_code(self) -> str:
        """Return a code of a step that was not used before, waiting for the next one if it must."""
        while (step := int(time.time()) // STEP_SECONDS) <= self._last:
            time.sleep(0.5)
        self._last = step
        return code_of(self.secret)
