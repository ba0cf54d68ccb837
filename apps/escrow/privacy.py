"""What escrow holds of a person: amounts and instants of payouts, nothing personal."""

from typing import Any

from apps.accounts.models import User
from apps.common.privacy import register
from apps.escrow.models import Release


def export(user: User) -> dict[str, Any]:
    """Return the person's payouts."""
    releases = Release.objects.filter(hold__payee_user=user).select_related("hold").order_by("id")
    return {
        "payouts": [
            {
                "id": str(release.public_id),
                "booking_id": release.hold.booking_id,
                "status": release.status,
                "amount_minor": release.payout_minor,
                "currency": release.currency,
                "started_at": release.started_at.isoformat(),
            }
            for release in releases
        ]
    }


def erase(user: User) -> None:
    """Keep everything: records of money hold ids, no personal values."""


register("escrow", export=export, erase=erase)
