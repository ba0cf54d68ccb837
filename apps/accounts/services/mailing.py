"""Mails about an account. Rendered at the moment of sending, so that no token is ever stored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from apps.accounts import address_tokens, selectors
from apps.accounts.models import User
from apps.common.db import outside_call


@dataclass(frozen=True)
class Mail:
    """One kind of mail: its subject, its template, and what its text needs beside the person."""

    subject: str
    template: str
    context: Callable[[User], dict[str, Any]] = lambda user: {}
    wanted: Callable[[User], bool] = lambda user: user.is_active


def _page(path: str, token: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}/account/{path}?{urlencode({'token': token}, safe=':')}"


def _verification(user: User) -> dict[str, Any]:
    token = address_tokens.make_address_token(str(user.public_id), user.email)
    return {"token": token, "link": _page("verify-email", token)}


def _reset(user: User) -> dict[str, Any]:
    token = address_tokens.make_reset_token(str(user.public_id), user.password)
    return {"token": token, "link": _page("reset-password", token)}


MAILS = {
    "verify_address": Mail(
        "Confirm your e-mail address",
        "mail/accounts/verify_address.txt",
        _verification,
        wanted=lambda user: user.is_active and not user.is_verified_address,
    ),
    "already_registered": Mail("You already have a PetWash account", "mail/accounts/already_registered.txt"),
    "reset_password": Mail("Reset your PetWash password", "mail/accounts/reset_password.txt", _reset),
    "password_changed": Mail("Your PetWash password was changed", "mail/accounts/password_changed.txt"),
    "second_factor_enabled": Mail("Two-step sign-in is on", "mail/accounts/second_factor_enabled.txt"),
    "second_factor_disabled": Mail("Two-step sign-in is off", "mail/accounts/second_factor_disabled.txt"),
}


def send(*, kind: str, user_id: str) -> bool:
    """Render a mail for the person as they are now, and send it; return whether one was sent.

    Nothing is sent to a suspended or deleted account, nor a verification to a verified address:
    the world may have moved on since the event. A repeat sends the mail again.

    Raises: KeyError for an unknown kind; OSError or smtplib.SMTPException when mail is down.
    """
    mail = MAILS[kind]
    user = selectors.find_by_public_id(user_id)
    if user is None or not mail.wanted(user):
        return False
    context = {"user": user, "base_url": settings.PUBLIC_BASE_URL, **mail.context(user)}
    message = EmailMessage(subject=mail.subject, body=render_to_string(mail.template, context), to=[user.email])
    with outside_call():
        message.send()
    return True
