"""What accounts do when something has happened: they write mails."""

from apps.accounts import events as happened
from apps.accounts import tasks
from apps.common.events import subscribe


@subscribe(happened.UserRegistered)
def mail_verification(event: happened.UserRegistered) -> None:
    """Ask the new owner of an account to prove the address."""
    tasks.send_mail.delay("verify_address", event.user_id)


@subscribe(happened.VerificationRequested)
def mail_verification_again(event: happened.VerificationRequested) -> None:
    """Ask again."""
    tasks.send_mail.delay("verify_address", event.user_id)


@subscribe(happened.RegistrationRepeated)
def mail_already_registered(event: happened.RegistrationRepeated) -> None:
    """Tell the owner that somebody registered with their address."""
    tasks.send_mail.delay("already_registered", event.user_id)


@subscribe(happened.PasswordResetRequested)
def mail_reset(event: happened.PasswordResetRequested) -> None:
    """Send the link that sets a new password."""
    tasks.send_mail.delay("reset_password", event.user_id)


@subscribe(happened.PasswordChanged)
def mail_password_changed(event: happened.PasswordChanged) -> None:
    """Tell the owner, who may not have been the one."""
    tasks.send_mail.delay("password_changed", event.user_id)


@subscribe(happened.SecondFactorEnabled)
def mail_second_factor_enabled(event: happened.SecondFactorEnabled) -> None:
    """Tell the owner, who may not have been the one."""
    tasks.send_mail.delay("second_factor_enabled", event.user_id)


@subscribe(happened.SecondFactorDisabled)
def mail_second_factor_disabled(event: happened.SecondFactorDisabled) -> None:
    """Tell the owner, who may not have been the one."""
    tasks.send_mail.delay("second_factor_disabled", event.user_id)
