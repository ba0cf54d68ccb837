"""The person's own profile: changing it, taking it along, leaving."""

from typing import Any

from django.db import transaction

from apps.accounts.events import UserDeleted
from apps.accounts.models import User
from apps.accounts.services import sessions
from apps.accounts.states import EndReason, UserStatus
from apps.common import audit, events, privacy
from apps.common.errors import Conflict

CHANGEABLE = ("full_name", "phone")


def change(*, actor: User, changes: dict[str, str]) -> User:
    """Change the name or the phone; the audit row says which, never the values."""
    with transaction.atomic(durable=True):
        user = sessions.lock_active(actor.pk)
        changed = [name for name in CHANGEABLE if name in changes]
        for name in changed:
            setattr(user, name, changes[name])
        if changed:
            user.save(update_fields=changed)
            audit.record(actor, "accounts.profile_changed", f"user:{user.public_id}", fields=changed)
    return user


def export(*, actor: User) -> dict[str, Any]:
    """Return everything that every app holds of the person, by app."""
    return privacy.export_all(actor)


def delete(*, actor: User) -> None:
    """Delete the account: it and its sessions end, and every app erases what it need not keep.

    The row stays, as `deleted` and without personal values, because money and history point to it.

    Raises: Conflict(deletion_blocked) with every reason, such as an open booking.
    """
    with transaction.atomic(durable=True):
        user = sessions.lock_active(actor.pk)
        reasons = privacy.blocks_all(user)
        if reasons:
            raise Conflict(
                "deletion_blocked",
                "The account cannot be deleted yet. Settle what is open, then try again.",
                {"reasons": reasons},
            )
        User.objects.filter(pk=user.pk).update(status=UserStatus.DELETED)
        sessions.end_sessions(user, EndReason.DELETED)
        privacy.erase_all(user)
        audit.record(actor, "accounts.deleted", f"user:{user.public_id}")
        events.publish(UserDeleted(user_id=str(user.public_id)))
