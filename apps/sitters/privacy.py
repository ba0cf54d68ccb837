"""What the sitters app holds of a person."""

from typing import Any

from apps.common.clock import business_now
from apps.common.privacy import register
from apps.sitters.models import NightReservation, SitterProfile
from apps.sitters.states import OPEN_CASES

PROFILE_COLUMNS = (
    "display_name", "bio", "lat", "lng", "timezone", "listed", "currency", "cancellation_tier",
    "plan", "vetting_status", "trust_badge",
)  # fmt: skip


def export(user: Any) -> dict[str, Any]:
    """Return the profile, the price list and the course of each vetting case."""
    profile = SitterProfile.objects.filter(user=user).first()
    if profile is None:
        return {}
    return {
        "profile": {name: getattr(profile, name) for name in PROFILE_COLUMNS},
        "clearance_date": profile.clearance_date.isoformat() if profile.clearance_date else None,
        "services": list(profile.services.values("service", "nightly_minor", "extra_pet_minor", "capacity")),
        "vetting_cases": [_case(case) for case in profile.cases.prefetch_related("checks").order_by("id")],
    }


def _case(case: Any) -> dict[str, Any]:
    return {
        "id": str(case.public_id),
        "provider": case.provider,
        "status": case.public_status,
        "submitted_at": case.submitted_at.isoformat(),
        "consented_at": case.consented_at.isoformat(),
        "consent_version": case.consent_version,
        "decided_at": case.decided_at.isoformat() if case.decided_at else None,
        "checks": {check.kind: check.status for check in case.checks.all()},
    }


def blocks(user: Any) -> list[str]:
    """Say why a sitter cannot leave yet."""
    reasons = []
    today = business_now().date()
    held = NightReservation.objects.filter(night__sitter__user=user, freed_at__isnull=True)
    if held.filter(night__night__gte=today).exists():
        reasons.append("You have booked nights ahead: cancel those stays first.")
    if SitterProfile.objects.filter(user=user, cases__status__in=OPEN_CASES).exists():
        reasons.append("Your vetting case is open: wait for its result.")
    return reasons


def erase(user: Any) -> None:
    """Empty what describes the person and unlist them.

    Cases keep their results and the provider's reference: proof of who was let into homes.
    They hold no name, date of birth, address or document.
    """
    SitterProfile.objects.filter(user=user).update(
        listed=False, display_name="", bio="", lat=None, lng=None, public_lat=None, public_lng=None
    )


register("sitters", export=export, blocks=blocks, erase=erase)
