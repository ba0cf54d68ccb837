"""Sign-ins: session families with their rotating refresh token, and the challenge before one."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.accounts.states import EndReason
from apps.common.clock import real_now
from apps.common.models import PublicModel


class SessionFamilyQuerySet(models.QuerySet["SessionFamily"]):
    """Rows of sign-ins."""

    def open(self) -> "SessionFamilyQuerySet":
        """Keep the families that nobody has ended."""
        return self.filter(ended_at__isnull=True)

    def end(self, reason: EndReason) -> int:
        """End those that are open and return how many were; an ended one keeps its first reason."""
        return self.open().update(ended_at=real_now(), end_reason=reason)


class SessionFamily(PublicModel):
    """One sign-in and every token pair that descends from it; only `next_jti` may be refreshed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="session_families")
    proofs = models.JSONField()
    next_jti = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=real_now)
    refreshed_at = models.DateTimeField(default=real_now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, choices=EndReason.choices, blank=True)

    objects = SessionFamilyQuerySet.as_manager()

    class Meta:
        db_table = "accounts_session_family"
        verbose_name_plural = "session families"
        indexes = [
            models.Index(fields=["user"], condition=Q(ended_at__isnull=True), name="session_family_open"),
            models.Index(fields=["expires_at"], name="session_family_expiry"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="session_family_end_has_reason",
            ),
        ]


class LoginChallenge(models.Model):
    """The step between the password and the second factor; the secret itself is not stored."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="login_challenges")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=real_now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_login_challenge"
        indexes = [models.Index(fields=["expires_at"], name="login_challenge_expiry")]

    def has_expired(self, now: datetime) -> bool:
        """Tell whether its five minutes are over."""
        return self.expires_at <= now
