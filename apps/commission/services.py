"""Changing what PetWash takes: a new version with a date, a reason and a name."""

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.commission import selectors
from apps.commission.models import CommissionPlan
from apps.commission.types import PlanKind, PlanRates
from apps.common import audit
from apps.common.clock import business_now
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.common.money import Money

HUNDRED = Decimal(100)
FARTHEST = timedelta(days=366)
MOST_MINOR = 10**12  # what sums and products of amounts still hold


def change_plan(*, actor: User, code: str, effective_from: datetime, rates: PlanRates, reason: str) -> CommissionPlan:
    """Add a version of a plan; quotes and bookings that exist keep the rates they were made with.

    Raises: Forbidden outside Finance; NotFound for a plan that does not exist; InvalidInput naming
    the field for a rate outside 0 to 100, a limit that no card can be charged, a start that is not
    after now or more than a year ahead, or no reason; Conflict `later_version_exists` when another version
    begins then or later.
    """
    if not accounts.belongs_to(actor, "Finance"):
        raise Forbidden("only_finance", "Only Finance changes what PetWash takes.")
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why: it goes into the record.")
    if effective_from <= business_now():
        raise InvalidInput.field("effective_from", "must be after now: prices already shown are kept.")
    if effective_from > business_now() + FARTHEST:
        raise InvalidInput.field(
            "effective_from", f"must be within {FARTHEST.days} days: no version could come before it any more."
        )
    with transaction.atomic(durable=True):
        latest = _lock_versions(code)
        if latest.effective_from >= effective_from:
            raise Conflict(
                "later_version_exists", f"A version from {latest.effective_from.isoformat()} exists already."
            )
        _refuse(latest.kind, rates)
        version = _add(latest, effective_from, rates, actor, reason)
        audit.record(actor, "commission.change_plan", f"plan:{code}", reason=reason, version=str(version.public_id))
    selectors.forget()
    return version


def _lock_versions(code: str) -> CommissionPlan:
    """Return the latest version; the first one's lock makes two changes at once stand in line."""
    first = CommissionPlan.objects.select_for_update().filter(code=code).order_by("effective_from").first()
    latest = selectors.newest(code) if first else None
    if latest is None:
        raise NotFound("plan_not_found", "There is no commission plan of this code.", {"code": code})
    return latest


def _add(
    latest: CommissionPlan, effective_from: datetime, rates: PlanRates, actor: User, reason: str
) -> CommissionPlan:
    terms = asdict(rates)
    terms["owner_fee_caps_minor"] = rates.owner_fee_caps_minor or {}
    terms["minimums_minor"] = rates.minimums_minor or {}
    return CommissionPlan.objects.create(
        code=latest.code,
        name=latest.name,
        kind=latest.kind,
        effective_from=effective_from,
        actor=actor,
        reason=reason,
        **terms,
    )


def _refuse(kind: str, rates: PlanRates) -> None:
    _refuse_rate("owner_fee_pct", rates.owner_fee_pct)
    _refuse_rate("sitter_fee_pct", rates.sitter_fee_pct)
    _refuse_limits("owner_fee_caps_minor", rates.owner_fee_caps_minor or {})
    _refuse_limits("minimums_minor", rates.minimums_minor or {})
    if kind == PlanKind.VENDOR:
        if rates.vendor_share_pct is None or not rates.cadence:
            raise InvalidInput.field("vendor_share_pct", "A vendor's plan needs a share and a cadence.")
        _refuse_rate("vendor_share_pct", rates.vendor_share_pct)
    elif rates.vendor_share_pct is not None or rates.cadence:
        raise InvalidInput.field("vendor_share_pct", "A plan for stays has no vendor's share and no cadence.")
    else:
        missing = sorted(set(settings.CURRENCIES) - set(rates.owner_fee_caps_minor or {}))
        if missing:
            raise InvalidInput.field("owner_fee_caps_minor", f"needs a cap for {', '.join(missing)}.")


def _refuse_rate(field: str, pct: Decimal) -> None:
    if not 0 <= pct <= HUNDRED or pct != round(pct, 2):
        raise InvalidInput.field(field, "must be between 0 and 100, with two digits at most.")


def _refuse_limits(field: str, limits: dict[str, int]) -> None:
    for currency, amount in limits.items():
        if currency not in settings.CURRENCIES:
            raise InvalidInput.field(field, f"{currency} is not a currency that we take.")
        if type(amount) is not int or not 0 <= amount <= MOST_MINOR or amount % Money.zero(currency).step_minor:
            raise InvalidInput.field(field, f"{currency} needs a whole number of minor units that can be charged.")
