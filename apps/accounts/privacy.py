"""What accounts hold of a person: exported on request, erased on deletion."""

from typing import Any

from apps.accounts.models import LoginChallenge, SessionFamily, User
from apps.accounts.services import second_factor
from apps.common.privacy import register


def export(user: User) -> dict[str, Any]:
    """Return the profile and the sign-ins; secrets (password, seed, codes) are no one's copy."""
    sessions = SessionFamily.objects.filter(user=user).order_by("id")
    return {
        "profile": {
            "id": str(user.public_id),
            "email": user.email,
            "full_name": user.full_name,
            "phone": user.phone,
            "role": user.role,
            "status": user.status,
            "two_factor_enabled": user.two_factor_enabled,
            "email_verified_at": _text(user.email_verified_at),
            "created_at": _text(user.created_at),
        },
        "sessions": [
            {
                "id": str(row.public_id),
                "proofs": row.proofs,
                "created_at": _text(row.created_at),
                "refreshed_at": _text(row.refreshed_at),
                "ended_at": _text(row.ended_at),
                "end_reason": row.end_reason,
            }
            for row in sessions
        ],
    }


def erase(user: User) -> None:
    """Replace the personal values; the address becomes free for a new account."""
    second_factor.remove_devices(user)
    LoginChallenge.objects.filter(user=user).delete()
    erased = User(email=f"{user.public_id}@deleted.invalid")
    erased.set_unusable_password()
    User.objects.filter(pk=user.pk).update(
        email=erased.email,
        password=erased.password,
        full_name="Deleted account",
        phone="",
        email_verified_at=None,
    )


def _text(instant: Any) -> str | None:
    return instant.isoformat() if instant else None


register("accounts", export=export, erase=erase)
