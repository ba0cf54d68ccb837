"""Forgotten and changed passwords."""

from django.db import transaction

from apps.accounts import address_tokens, limits, selectors
from apps.accounts.events import PasswordChanged, PasswordResetRequested
from apps.accounts.models import User
from apps.accounts.services import attempts, credentials, registration, sessions
from apps.accounts.states import EndReason
from apps.common import audit, events
from apps.common.clock import real_now
from apps.common.errors import Conflict


def forget(*, email: str) -> None:
    """Have a reset mail sent, if the address has an account; nothing tells the caller which.

    Raises: TooManyRequests(too_many_attempts).
    """
    attempts.reserve(limits.MAIL_BY_ADDRESSEE.key(email))
    user = selectors.find_by_email(email)
    if user is None or not user.is_active:
        return
    with transaction.atomic(durable=True):
        events.publish(PasswordResetRequested(user_id=str(user.public_id)))


def reset(*, token: str, password: str) -> None:
    """Set a new password with a mailed token; every session ends.

    The mail has reached its address, so the address counts as verified. The second factor stays.

    Raises: InvalidInput(token_invalid, token_expired, validation_error); Conflict(token_used).
    """
    claims = registration.read_token(address_tokens.read_reset_token, token)
    with transaction.atomic(durable=True):
        user = User.objects.select_for_update().filter(public_id=claims.user_id).first()
        if user is None or not user.is_active:
            raise registration.token_invalid()
        if not address_tokens.same_fingerprint(user.password, claims.fingerprint):
            raise Conflict("token_used", "This link was used, or the password has changed since.")
        registration.refuse_weak_password(password, user, field="password")
        if user.email_verified_at is None:
            user.email_verified_at = real_now()
        _store(user, password)
        sessions.end_sessions(user, EndReason.PASSWORD_RESET)
        audit.record(user, "accounts.password_reset", f"user:{user.public_id}")
    attempts.forgive(limits.PASSWORD_BY_ACCOUNT.key(user.pk))


def change(*, actor: User, current: str, new: str, session_id: str | None) -> None:
    """Set a new password for who knows the current one; every other session ends.

    Raises: InvalidInput(wrong_password, validation_error); TooManyRequests(too_many_attempts).
    """
    credentials.confirm_password(user=actor, password=current, field="current_password")
    registration.refuse_weak_password(new, actor, field="new_password")
    with transaction.atomic(durable=True):
        user = sessions.lock_active(actor.pk)
        if user.password != actor.password:
            raise Conflict("password_changed_meanwhile", "The password has just been changed.")
        _store(user, new)
        sessions.end_sessions(user, EndReason.PASSWORD_CHANGED, keep=session_id)
        audit.record(actor, "accounts.password_changed", f"user:{user.public_id}")


def _store(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password", "email_verified_at"])
    events.publish(PasswordChanged(user_id=str(user.public_id)))
