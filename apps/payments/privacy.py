"""The payments app's part of a person's data."""

from typing import Any

from apps.common import privacy
from apps.payments import selectors


def export(user: Any) -> dict[str, Any]:
    """Return the person's payee account; cards and bank accounts lie with the gateway alone."""
    payee = selectors.payee_of(user)
    if payee is None:
        return {}
    return {
        "payee_account": {
            "id": payee.id,
            "provider_account_id": payee.provider_account_id,
            "payouts_enabled": payee.payouts_enabled,
        }
    }


def erase(user: Any) -> None:
    """Keep everything: financial records hold ids, never personal values, and must be kept."""


privacy.register("payments", export=export, erase=erase)
