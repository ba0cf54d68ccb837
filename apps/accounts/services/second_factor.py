"""Turning the second factor on and off, and using its codes."""

import io

import qrcode
from django.conf import settings
from django.db import transaction
from qrcode.image.svg import SvgPathImage

from apps.accounts import limits, recovery, selectors, totp
from apps.accounts.events import SecondFactorDisabled, SecondFactorEnabled
from apps.accounts.models import RecoveryCode, RecoveryDevice, SessionFamily, TOTPDevice, User
from apps.accounts.services import attempts, credentials
from apps.accounts.states import EndReason
from apps.accounts.totp import CodeResult
from apps.accounts.types import EnrolledByStaff, Enrolment
from apps.common import audit, events
from apps.common.db import require_transaction
from apps.common.errors import Conflict, InvalidInput


def set_up(*, actor: User) -> Enrolment:
    """Give the person a fresh seed; it protects nothing until a code has confirmed it.

    A repeat replaces the unconfirmed seed. Raises: Conflict(two_factor_already_enabled).
    """
    with transaction.atomic(durable=True):
        user = _lock(actor)
        _refuse_enabled(user)
        TOTPDevice.objects.filter(user=user).delete()
        device = TOTPDevice.objects.create(user=user, name="Authenticator", confirmed=False)
    return Enrolment(
        otpauth_uri=_uri(device, user),
        secret=totp.base32_secret(device.seed),
        qr_svg=_qr_svg(_uri(device, user)),
    )


def confirm(*, actor: User, code: str, session_id: str | None) -> list[str]:
    """Turn the second factor on and return the ten recovery codes, which are never shown again.

    The person's other sessions end: they were opened without the second factor.

    Raises: Conflict(two_factor_already_enabled, two_factor_not_set_up);
    InvalidInput(wrong_code, code_reused); TooManyRequests(too_many_attempts).
    """
    key = limits.CODE_BY_ACCOUNT.key(actor.pk)
    attempts.reserve(key)
    with transaction.atomic(durable=True):
        user = _lock(actor)
        _refuse_enabled(user)
        device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
        if device is None:
            raise Conflict("two_factor_not_set_up", "Set up an authenticator first.")
        _demand(device.use(code))
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        codes = _enable(user)
        _end_other_sessions(user, session_id)
        audit.record(actor, "accounts.two_factor_enabled", f"user:{user.public_id}")
    attempts.forgive(key)
    return codes


def disable(*, actor: User, password: str, code: str, session_id: str | None) -> None:
    """Turn the second factor off, for who has both the password and a code.

    The other sessions end, and this one loses the proof of the second factor.

    Raises: Conflict(two_factor_not_enabled); InvalidInput(wrong_password, wrong_code,
    code_reused); TooManyRequests(too_many_attempts).
    """
    if not actor.two_factor_enabled:
        raise _not_enabled()
    credentials.confirm_password(user=actor, password=password, field="password")
    key = limits.CODE_BY_ACCOUNT.key(actor.pk)
    attempts.reserve(key)
    with transaction.atomic(durable=True):
        user = _lock(actor)
        if not user.two_factor_enabled:
            raise _not_enabled()
        _demand(use_code(user, code))
        remove_devices(user)
        _end_other_sessions(user, session_id)
        SessionFamily.objects.filter(user=user).open().update(proofs=["pwd"])
        audit.record(actor, "accounts.two_factor_disabled", f"user:{user.public_id}")
        events.publish(SecondFactorDisabled(user_id=str(user.public_id)))
    attempts.forgive(key)


def use_code(user: User, code: str) -> CodeResult:
    """Spend a code of the authenticator or a recovery code; composed, the caller counts attempts."""
    require_transaction()
    device = selectors.device_for_code(user, code)
    return device.use(code) if device else CodeResult.WRONG


def enrol_directly(*, user: User, replace: bool = False) -> EnrolledByStaff:
    """Set up a second factor without a code, for the operator of the server.

    Raises: Conflict(two_factor_already_enabled) unless `replace`, which voids the old one.
    """
    with transaction.atomic(durable=True):
        user = _lock(user)
        if not replace:
            _refuse_enabled(user)
        remove_devices(user)
        device = TOTPDevice.objects.create(user=user, name="Authenticator", confirmed=True)
        codes = _enable(user)
        _end_other_sessions(user, None)
        audit.record(None, "accounts.two_factor_enrolled", f"user:{user.public_id}")
    return EnrolledByStaff(
        otpauth_uri=_uri(device, user),
        secret=totp.base32_secret(device.seed),
        recovery_codes=codes,
    )


def remove_devices(user: User) -> None:
    """Forget the person's authenticator and recovery codes; composed."""
    require_transaction()
    TOTPDevice.objects.filter(user=user).delete()
    RecoveryDevice.objects.filter(user=user).delete()
    User.objects.filter(pk=user.pk).update(two_factor_enabled=False)


def _enable(user: User) -> list[str]:
    RecoveryDevice.objects.filter(user=user).delete()
    sheet = RecoveryDevice.objects.create(user=user, name="Recovery code", confirmed=True)
    codes = recovery.new_codes()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(device=sheet, digest=recovery.digest(str(user.pk), code)) for code in codes
    )
    User.objects.filter(pk=user.pk).update(two_factor_enabled=True)
    events.publish(SecondFactorEnabled(user_id=str(user.public_id)))
    return codes


def _end_other_sessions(user: User, session_id: str | None) -> None:
    families = SessionFamily.objects.filter(user=user)
    if session_id is not None:
        families = families.exclude(public_id=session_id)
    families.end(EndReason.SECOND_FACTOR)


def _lock(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


def _refuse_enabled(user: User) -> None:
    if user.two_factor_enabled:
        raise Conflict("two_factor_already_enabled", "The second factor is on. Turn it off first to change it.")


def _not_enabled() -> Conflict:
    return Conflict("two_factor_not_enabled", "The second factor is not on.")


def _demand(result: CodeResult) -> None:
    if result is CodeResult.REUSED:
        sentence = "This code has been used. Wait for the next one."
        raise InvalidInput("code_reused", sentence, {"code": [sentence]})
    if result is not CodeResult.ACCEPTED:
        sentence = "The code is wrong. Check the clock of your device."
        raise InvalidInput("wrong_code", sentence, {"code": [sentence]})


def _uri(device: TOTPDevice, user: User) -> str:
    return totp.otpauth_uri(device.seed, account=user.email, issuer=settings.OTP_TOTP_ISSUER)


def _qr_svg(text: str) -> str:
    picture = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, box_size=10, border=4).save(picture)
    return picture.getvalue().decode()
