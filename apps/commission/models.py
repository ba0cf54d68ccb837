"""Commission plans: dated versions, never edited. A contract keeps the rates it was made with."""

from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.commission.types import Cadence, FeeRates, PlanKind, VendorTerms
from apps.common.clock import business_now, real_now
from apps.common.models import PublicModel
from apps.common.money import Money

_PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class PlanQuerySet(models.QuerySet["CommissionPlan"]):
    """Sets of plan versions by time."""

    def in_force(self, code: str) -> Self:
        """Return the versions of a plan that have begun, the one in force first."""
        return self.filter(code=code, effective_from__lte=business_now()).order_by("-effective_from")


class CommissionPlan(PublicModel):
    """One version of what PetWash takes: rates in percent, limits in minor units by currency."""

    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=PlanKind.choices)
    effective_from = models.DateTimeField(help_text="in force from this instant, until the next version")
    owner_fee_pct = models.DecimalField(max_digits=5, decimal_places=2, default=0, validators=_PERCENT)
    owner_fee_caps_minor = models.JSONField(default=dict, blank=True, help_text="currency -> cap")
    sitter_fee_pct = models.DecimalField(max_digits=5, decimal_places=2, default=0, validators=_PERCENT)
    vendor_share_pct = models.DecimalField(max_digits=5, decimal_places=2, null=True, validators=_PERCENT)
    minimums_minor = models.JSONField(default=dict, blank=True, help_text="currency -> least payout to a vendor")
    cadence = models.CharField(max_length=10, blank=True, choices=Cadence.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(default=real_now)

    objects = PlanQuerySet.as_manager()

    class Meta:
        db_table = "commission_plan"
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="commission_plan_one_version_an_instant"),
            models.CheckConstraint(
                condition=Q(owner_fee_pct__range=(0, 100), sitter_fee_pct__range=(0, 100)),
                name="commission_plan_pct_range",
            ),
            models.CheckConstraint(
                condition=Q(kind=PlanKind.STAY, vendor_share_pct__isnull=True, cadence="")
                | Q(kind=PlanKind.VENDOR, vendor_share_pct__range=(0, 100)) & ~Q(cadence=""),
                name="commission_plan_says_what_its_kind_needs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, from {self.effective_from:%d %b %Y}"

    def rates_in(self, currency: str) -> FeeRates:
        """Return a stay plan's rates for a price in this currency."""
        cap = self.owner_fee_caps_minor.get(currency)
        return FeeRates(
            owner_fee_pct=self.owner_fee_pct,
            owner_fee_cap=None if cap is None else Money(cap, currency),
            sitter_fee_pct=self.sitter_fee_pct,
        )

    def vendor_terms_in(self, currency: str) -> VendorTerms:
        """Return a vendor plan's terms for sales in this currency."""
        assert self.vendor_share_pct is not None, "a vendor's plan has a share"
        return VendorTerms(
            share_pct=self.vendor_share_pct,
            minimum=Money(self.minimums_minor.get(currency, 0), currency),
            cadence=Cadence(self.cadence),
        )
