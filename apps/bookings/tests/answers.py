"""How tests of the API speak: a key for each new operation, an error as (status, code)."""

from typing import Any
from uuid import uuid4


def key(text: str = "") -> dict[str, str]:
    """Return the header of a new operation, or of the repeat of a named one."""
    return {"Idempotency-Key": text or uuid4().hex}


def error(answer: Any) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]
