"""Staff keep people out and let them back in."""

from django.db import transaction

from apps.accounts.events import UserReactivated, UserSuspended
from apps.accounts.models import User
from apps.accounts.services import sessions
from apps.accounts.states import EndReason, UserStatus
from apps.common import audit, events
from apps.common.errors import Conflict, InvalidInput


def suspend(*, actor: User, user: User, reason: str) -> None:
    """Suspend an active account; its sessions end at once.

    Raises: InvalidInput without a reason; Conflict(cannot_suspend_self, account_not_active).
    """
    if actor.pk == user.pk:
        raise Conflict("cannot_suspend_self", "Ask a colleague: nobody suspends themselves.")
    with transaction.atomic(durable=True):
        _move(user, UserStatus.ACTIVE, UserStatus.SUSPENDED, "account_not_active")
        sessions.end_sessions(user, EndReason.SUSPENDED)
        audit.record(actor, "accounts.suspended", subject_of(user), checked_reason(reason))
        events.publish(UserSuspended(user_id=str(user.public_id)))


def reactivate(*, actor: User, user: User, reason: str) -> None:
    """Let a suspended account back in; it has to sign in anew.

    Raises: InvalidInput without a reason; Conflict(account_not_suspended).
    """
    with transaction.atomic(durable=True):
        _move(user, UserStatus.SUSPENDED, UserStatus.ACTIVE, "account_not_suspended")
        audit.record(actor, "accounts.reactivated", subject_of(user), checked_reason(reason))
        events.publish(UserReactivated(user_id=str(user.public_id)))


def _move(user: User, old: str, new: str, refusal: str) -> None:
    if not User.objects.filter(pk=user.pk, status=old).update(status=new):
        raise Conflict(refusal, f"This account is not {old}. Look at it again.")


def checked_reason(reason: str) -> str:
    """Return the reason without blanks around it. Raises: InvalidInput without one."""
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why: the next colleague reads it.")
    return reason.strip()


def subject_of(user: User) -> str:
    """Return what the audit calls a person."""
    return f"user:{user.public_id}"
