"""The cards' banks, which speak to the gateway and never to us: the holder's consent, disputes."""

from typing import Any

import httpx
from django.conf import settings


def ask(method: str, path: str, **fields: str) -> dict[str, Any]:
    """Ask one of the sandbox's own addresses; nothing when it is down or refuses: whoever asks asks again."""
    given = {"params": fields} if method == "GET" else {"data": fields}
    try:
        answer = httpx.request(
            method,
            f"{settings.STRIPE_API_BASE}/_sandbox/{path}",
            headers={"Authorization": f"Bearer {settings.STRIPE_API_KEY}"},
            **given,  # type: ignore[arg-type]  # one of two names, both with a form
        )
    except httpx.TransportError:
        return {}
    return dict(answer.json()) if answer.is_success else {}


def dispute(booking_id: str) -> None:
    """Dispute the payment of a booking, once."""
    for charge in _charges(booking_id):
        if not charge["disputed"]:
            ask("POST", f"charges/{charge['id']}/dispute")


def decide(booking_id: str, outcome: str) -> bool:
    """Decide the dispute; tell whether it is decided."""
    over = False
    for charge in _charges(booking_id):
        for found in ask("GET", "objects/dispute", charge=charge["id"]).get("data", []):
            over = found["status"] == outcome or bool(ask("POST", f"disputes/{found['id']}/resolve", outcome=outcome))
    return over


def _charges(booking_id: str) -> list[dict[str, Any]]:
    charges = ask("GET", "objects/charge", transfer_group=booking_id).get("data", [])
    return [charge for charge in charges if charge["status"] == "succeeded"]
