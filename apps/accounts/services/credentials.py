"""Judging an address and a password: the one place, for the API and for the console's login."""

from django.contrib.auth.hashers import make_password

from apps.accounts import limits, selectors
from apps.accounts.models import User
from apps.accounts.services import attempts
from apps.accounts.states import UserStatus
from apps.common.errors import InvalidInput, Unauthenticated


def check(*, email: str, password: str, address: str) -> User:
    """Return whose address and password these are.

    `address` is the caller's network address: guesses are limited by (address, account), and more
    widely by address. An unknown address costs one hash too, so that time tells nothing.

    Raises: Unauthenticated(invalid_credentials, account_suspended);
    TooManyRequests(too_many_attempts).
    """
    pair = limits.PASSWORD_BY_ADDRESS_AND_ACCOUNT.key(address, email)
    spray = limits.PASSWORD_BY_ADDRESS.key(address)
    attempts.refuse_while_locked(spray)
    user = selectors.find_by_email(email)
    if not attempts.judge(pair, lambda: _password_holds(user, password)):
        attempts.count_failure(spray)
        raise Unauthenticated("invalid_credentials", "The address or the password is wrong. Check both.")
    assert user is not None
    refuse_inactive(user)
    return user


def confirm_password(*, user: User, password: str, field: str) -> None:
    """Ask a signed-in person for the password again, before a sensitive change.

    Raises: InvalidInput(wrong_password) naming the field; TooManyRequests(too_many_attempts).
    """
    key = limits.PASSWORD_BY_ACCOUNT.key(user.pk)
    if not attempts.judge(key, lambda: user.check_password(password)):
        raise InvalidInput("wrong_password", "This is not your password.", {field: ["This is not your password."]})


def inactive_refusal(user: User) -> Unauthenticated | None:
    """Return why the account may not enter; None when it may."""
    if user.status == UserStatus.SUSPENDED:
        return Unauthenticated("account_suspended", "This account is suspended. Write to support to have it reviewed.")
    if user.status != UserStatus.ACTIVE:
        return Unauthenticated("account_deleted", "There is no such account any more.")
    return None


def refuse_inactive(user: User) -> None:
    """Keep suspended and deleted accounts out.

    Raises: Unauthenticated(account_suspended, account_deleted).
    """
    refusal = inactive_refusal(user)
    if refusal is not None:
        raise refusal


def _password_holds(user: User | None, password: str) -> bool:
    if user is None or not user.has_usable_password():
        make_password(password)
        return False
    return user.check_password(password)
