"""Registering and proving the address. No answer here tells whether an address has an account."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts import address_tokens, limits, selectors
from apps.accounts.events import (
    AddressVerified,
    RegistrationRepeated,
    UserRegistered,
    VerificationRequested,
)
from apps.accounts.models import User
from apps.accounts.services import attempts
from apps.common import events
from apps.common.clock import real_now
from apps.common.errors import Conflict, InvalidInput

T = TypeVar("T")


def register(*, email: str, password: str, full_name: str, role: str, phone: str = "") -> None:
    """Create an account and have a verification mail sent.

    For an address that has an account nothing changes, and its owner gets another mail. Both ways
    cost one password hash, so that time tells nothing either.

    Raises: InvalidInput(validation_error) for a weak password; TooManyRequests(too_many_attempts).
    """
    attempts.reserve(limits.MAIL_BY_ADDRESSEE.key(email))
    user = User(email=email.strip(), full_name=full_name, phone=phone, role=role)
    refuse_weak_password(password, user, field="password")
    user.password = make_password(password)
    with transaction.atomic(durable=True):
        if _insert(user):
            events.publish(UserRegistered(user_id=str(user.public_id)))
            return
        existing = selectors.find_by_email(email)
        if existing is not None and existing.is_active:
            events.publish(RegistrationRepeated(user_id=str(existing.public_id)))


def verify_address(*, token: str) -> User:
    """Mark the address as proven; a token does so once.

    Raises: InvalidInput(token_invalid, token_expired); Conflict(token_used).
    """
    claims = read_token(address_tokens.read_address_token, token)
    with transaction.atomic(durable=True):
        rows = User.objects.filter(public_id=claims.user_id, email=claims.email)
        user = rows.select_for_update().first()
        if user is None or not user.is_active:
            raise token_invalid()
        if user.email_verified_at is not None:
            raise Conflict("token_used", "This address has been verified already. Nothing to do.")
        user.email_verified_at = real_now()
        user.save(update_fields=["email_verified_at"])
        events.publish(AddressVerified(user_id=str(user.public_id)))
    return user


def resend_verification(*, email: str) -> None:
    """Have the verification mail sent again, if the address has an account and is not verified.

    Raises: TooManyRequests(too_many_attempts).
    """
    attempts.reserve(limits.MAIL_BY_ADDRESSEE.key(email))
    user = selectors.find_by_email(email)
    if user is None or not user.is_active or user.email_verified_at is not None:
        return
    with transaction.atomic(durable=True):
        events.publish(VerificationRequested(user_id=str(user.public_id)))


def refuse_weak_password(password: str, user: User, *, field: str) -> None:
    """Hold a new password against the settings' validators.

    Raises: InvalidInput(validation_error) naming the field and every reason.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput("validation_error", "Some fields are not valid.", {field: error.messages}) from error


def read_token(read: Callable[[str], T], token: str) -> T:
    """Read a mailed token.

    Raises: InvalidInput(token_invalid, token_expired).
    """
    try:
        return read(token)
    except address_tokens.ExpiredToken as error:
        sentence = "This link has expired. Ask for a new mail."
        raise InvalidInput("token_expired", sentence, {"token": [sentence]}) from error
    except address_tokens.BadToken as error:
        raise token_invalid() from error


def token_invalid() -> InvalidInput:
    """Return the refusal of a token that is none of ours, or not for this account any more."""
    sentence = "This link is not valid. Copy it whole from the newest mail, or ask for a new one."
    return InvalidInput("token_invalid", sentence, {"token": [sentence]})


def _insert(user: User) -> bool:
    """Insert the account unless its address is taken, also by a rival of this very moment."""
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        if selectors.find_by_email(user.email) is None:
            raise
        return False
    return True
