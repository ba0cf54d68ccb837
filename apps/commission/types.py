"""Plain values: what a plan says, ready to be copied into a contract. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import models

from apps.common.money import Money


class PlanKind(models.TextChoices):
    """Whom a plan is for."""

    STAY = "stay", "Sitters' stays"
    VENDOR = "vendor", "Vendors' sales"


class Cadence(models.TextChoices):
    """How often a vendor's account is closed."""

    WEEKLY = "weekly", "Weekly, from Monday"
    MONTHLY = "monthly", "Monthly"


@dataclass(frozen=True)
class FeeRates:
    """Rates of a stay, in percent; the owner's fee stops at `owner_fee_cap`."""

    owner_fee_pct: Decimal
    owner_fee_cap: Money | None
    sitter_fee_pct: Decimal


@dataclass(frozen=True)
class StayFees:
    """What both sides of a stay pay for our service."""

    owner_fee: Money
    sitter_fee: Money


@dataclass(frozen=True)
class VendorTerms:
    """A vendor's share of each sale, in percent; nothing is paid out below `minimum`."""

    share_pct: Decimal
    minimum: Money
    cadence: Cadence


@dataclass(frozen=True)
class PlanRates:
    """What a version of a plan sets; amounts are minor units by currency."""

    owner_fee_pct: Decimal = Decimal(0)
    owner_fee_caps_minor: dict[str, int] | None = None
    sitter_fee_pct: Decimal = Decimal(0)
    vendor_share_pct: Decimal | None = None
    minimums_minor: dict[str, int] | None = None
    cadence: str = ""
