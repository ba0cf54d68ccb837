"""Encryption of single fields at rest (Fernet: AES-128-CBC with HMAC-SHA256).

`FIELD_ENCRYPTION_KEYS` holds one or more keys, newest first: the first encrypts, all decrypt, so
that keys can be rotated without downtime.
"""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class Undecryptable(ValueError):
    """The stored value was written with a key that is not configured any more, or was altered."""


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """Return the encrypted text, printable."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return the plain text.

    Raises: Undecryptable.
    """
    try:
        return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise Undecryptable("No configured key opens this value.") from error


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # Django's fields take no arguments at run time
    """A text that is plain in Python and encrypted in the database; it cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way in; None stays None."""
        return None if value is None else encrypt(str(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Decrypt on the way out."""
        return None if value is None else decrypt(value)
