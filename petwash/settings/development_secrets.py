"""Throw-away secrets for a command that runs outside the embedded stack (makemigrations, mypy, tests).

They are drawn anew in every process: nothing signed or encrypted with them outlives it, so they
can never protect real data by accident.
"""

import base64
import secrets


def fill_missing_secrets() -> dict[str, object]:
    """Return a fresh value for every secret setting."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "JWT_SIGNING_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": [base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()],
        "STATION_SIGNING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "BAY_TOKEN_KEY": secrets.token_urlsafe(50),
        "STRIPE_API_KEY": "sk_test_" + secrets.token_hex(12),
        "STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(16),
        "VETTING_API_KEY": secrets.token_hex(16),
        "VETTING_WEBHOOK_SECRET": secrets.token_hex(16),
    }
