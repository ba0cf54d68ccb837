"""The sitter as owners and the platform see them."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import PublicModel
from apps.sitters.states import CancellationTier, Plan, TrustBadge, VettingStatus


class SitterProfileQuerySet(models.QuerySet["SitterProfile"]):
    """Sets of sitters that rules speak about."""

    def cleared_at(self, now: datetime) -> "SitterProfileQuerySet":
        """Sitters whose clearance is in force at `now`, whether or not a sweep has run."""
        return self.filter(
            vetting_status=VettingStatus.CLEARED,
            clearance_expires_at__gt=now,
            user__status="active",
        )

    def bookable_at(self, now: datetime) -> "SitterProfileQuerySet":
        """Sitters whom an owner may find and book at `now`."""
        return self.cleared_at(now).filter(listed=True)


class SitterProfile(PublicModel):
    """One sitter. Vetting columns are written by the trust services alone."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sitter_profile")
    vetting_status = models.CharField(max_length=16, choices=VettingStatus, default=VettingStatus.NOT_SUBMITTED)
    clearance_date = models.DateField(null=True, blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)
    clearance_expires_at = models.DateTimeField(null=True, blank=True)
    trust_badge = models.CharField(max_length=16, choices=TrustBadge, default=TrustBadge.NONE)
    # The public record of stays that failed through the sitter; the proof is in the bookings' history.
    cancelled_stays = models.PositiveIntegerField(default=0, db_default=0)
    missed_stays = models.PositiveIntegerField(default=0, db_default=0)

    # Bound by the payee's public id, the only key of it that payments gives away.
    payout_account = models.OneToOneField(
        "payments.PayeeAccount",
        to_field="public_id",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    display_name = models.CharField(max_length=60, blank=True)
    bio = models.TextField(blank=True, max_length=2000)
    lat = models.FloatField(null=True, blank=True)
    lng = models.FloatField(null=True, blank=True)
    # What the public sees and what searches measure from: about 500 m away from the home.
    public_lat = models.FloatField(null=True, blank=True)
    public_lng = models.FloatField(null=True, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    listed = models.BooleanField(default=False)
    currency = models.CharField(max_length=3, default="USD")
    cancellation_tier = models.CharField(max_length=12, choices=CancellationTier, default=CancellationTier.MODERATE)
    plan = models.CharField(max_length=12, choices=Plan, default=Plan.STANDARD)
    # The most pets that the sitter hosts in one night, over all services: the default of a night.
    night_capacity = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=real_now)

    objects = SitterProfileQuerySet.as_manager()

    class Meta:
        db_table = "sitters_profile"
        constraints = [
            models.CheckConstraint(
                name="sitters_profile_cleared_has_dates",
                condition=~Q(vetting_status="cleared")
                | Q(clearance_date__isnull=False, clearance_expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sitters_profile_badge_needs_clearance",
                condition=Q(trust_badge="none") | Q(vetting_status="cleared"),
            ),
            models.CheckConstraint(
                name="sitters_profile_place_on_earth",
                condition=Q(lat__isnull=True, lng__isnull=True)
                | Q(lat__gte=-90, lat__lte=90, lng__gte=-180, lng__lte=180),
            ),
            models.CheckConstraint(
                name="sitters_profile_listed_has_place",
                condition=Q(listed=False) | Q(public_lat__isnull=False, public_lng__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["public_lat", "public_lng"],
                name="sitters_profile_search",
                condition=Q(listed=True, vetting_status="cleared"),
            ),
            models.Index(
                fields=["clearance_expires_at"],
                name="sitters_profile_expiry",
                condition=Q(vetting_status="cleared"),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or str(self.public_id)


class TrustTransition(models.Model):
    """One move of a sitter's vetting status. Append-only."""

    id = models.BigAutoField(primary_key=True)
    sitter = models.ForeignKey(SitterProfile, on_delete=models.PROTECT, related_name="transitions")
    from_status = models.CharField(max_length=16, choices=VettingStatus)
    to_status = models.CharField(max_length=16, choices=VettingStatus)
    cause = models.CharField(max_length=40)
    case_id = models.UUIDField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "sitters_trust_transition"
        indexes = [models.Index(fields=["sitter", "-id"], name="sitters_trust_transition_of")]
