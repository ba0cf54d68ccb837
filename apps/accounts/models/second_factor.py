"""Second factors as django-otp devices, so that its session login and `is_verified()` know them.

Not django-otp's own plugins: they keep the seed and the recovery codes readable in the database.
"""

from typing import Any

from django.db import models
from django_otp.models import Device

from apps.accounts import recovery, totp
from apps.accounts.limits import CODE_BY_ACCOUNT
from apps.accounts.models.attempts import AttemptCounter
from apps.accounts.totp import CodeResult
from apps.common.clock import real_now
from apps.common.crypto import EncryptedTextField


class GuardedDevice(Device):
    """A device whose codes count against one limit an account, whichever door they come through."""

    class Meta:
        abstract = True

    def verify_is_allowed(self) -> tuple[bool, dict[str, Any] | None]:
        """Say whether a code may be tried now, in the form that django-otp's login form reads."""
        wait = AttemptCounter.objects.wait_seconds(CODE_BY_ACCOUNT.key(self.user_id))
        if not wait:
            return True, None
        return False, {"error_message": f"Too many wrong codes. Try again in {wait} seconds."}

    def verify_token(self, token: str) -> bool:
        """Use a code at the console's login: count it first, forget the count when it is right."""
        key = CODE_BY_ACCOUNT.key(self.user_id)
        if AttemptCounter.objects.count_attempt(key):
            return False
        if self.use(str(token)) is not CodeResult.ACCEPTED:
            return False
        AttemptCounter.objects.forgive(key)
        return True

    def use(self, code: str) -> CodeResult:
        """Judge a code and spend it when it is right; the caller counts attempts."""
        raise TypeError("A concrete device judges its own codes.")


class TOTPDevice(GuardedDevice):
    """An authenticator; its seed is encrypted at rest, and a time step is accepted once."""

    seed = EncryptedTextField(default=totp.new_seed)
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField(default=real_now)
    last_used_at = models.DateTimeField(null=True)

    class Meta(GuardedDevice.Meta):
        db_table = "accounts_totp_device"
        verbose_name = "authenticator"
        constraints = [models.UniqueConstraint(fields=["user", "confirmed"], name="totp_device_one_a_state")]

    def use(self, code: str) -> CodeResult:
        """Accept a code of a later step than the last one; of two at once only one is accepted."""
        now = real_now()
        match = totp.judge(self.seed, code, now=now, last_step=self.last_step)
        if match.result is not CodeResult.ACCEPTED:
            return match.result
        spent = type(self).objects.filter(pk=self.pk, last_step__lt=match.step)
        if not spent.update(last_step=match.step, last_used_at=now):
            return CodeResult.REUSED
        return CodeResult.ACCEPTED


class RecoveryDevice(GuardedDevice):
    """The sheet of recovery codes of one person."""

    created_at = models.DateTimeField(default=real_now)

    class Meta(GuardedDevice.Meta):
        db_table = "accounts_recovery_device"
        verbose_name = "recovery codes"
        constraints = [models.UniqueConstraint(fields=["user"], name="recovery_device_one")]

    def use(self, code: str) -> CodeResult:
        """Spend a recovery code; of two uses at once only one is accepted."""
        digest = recovery.digest(str(self.user_id), code)
        rows = self.codes.filter(digest=digest)
        if rows.filter(used_at__isnull=True).update(used_at=real_now()):
            return CodeResult.ACCEPTED
        return CodeResult.REUSED if rows.exists() else CodeResult.WRONG


class RecoveryCode(models.Model):
    """One recovery code, as a digest; a used one stays, so that its second use is named as such."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(RecoveryDevice, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_recovery_code"
        constraints = [models.UniqueConstraint(fields=["device", "digest"], name="recovery_code_once")]
