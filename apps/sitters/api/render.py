"""From rows to representations."""

from typing import Any

from apps.common.clock import business_now
from apps.sitters import selectors
from apps.sitters.api.serializers import OwnProfileSerializer, PublicSitterSerializer, RatesAnswerSerializer
from apps.sitters.api.vetting_serializers import VettingCaseSerializer, VettingStatusSerializer
from apps.sitters.models import SitterProfile, VettingCase
from apps.sitters.states import CheckKind, CheckStatus, TrustBadge, VettingStatus

OWN_COLUMNS = (
    "display_name", "bio", "lat", "lng", "timezone", "listed", "currency",
    "cancellation_tier", "plan", "vetting_status", "trust_badge",
)  # fmt: skip


def case_body(case: VettingCase) -> Any:
    """Represent a case; checks that are not ordered yet are pending."""
    body = {"id": case.public_id, "status": case.public_status, "checks": _checks(case)}
    return VettingCaseSerializer(body).data


def status_body(case: VettingCase | None, profile: SitterProfile | None) -> Any:
    """Represent where a sitter's vetting stands."""
    body: dict[str, Any] = {
        "status": VettingStatus.NOT_SUBMITTED,
        "badge": TrustBadge.NONE,
        "cleared_at": None,
        "expires_at": None,
        "checks": _checks(case) if case else [],
    }
    if profile is not None:
        now, trust = business_now(), selectors.trust_of(profile)
        body |= {
            "status": trust.status_at(now),  # the truth of this instant; the columns follow by a sweep
            "badge": trust.badge_at(now),
            "cleared_at": profile.cleared_at,
            "expires_at": profile.clearance_expires_at,
        }
    return VettingStatusSerializer(body).data


def _checks(case: VettingCase) -> list[dict[str, str]]:
    known = {check.kind: check.status for check in case.checks.all()}
    return [{"kind": kind, "status": known.get(kind, CheckStatus.PENDING)} for kind in CheckKind]


def own_profile_body(profile: SitterProfile) -> Any:
    """Represent a profile for its sitter."""
    own = {name: getattr(profile, name) for name in OWN_COLUMNS}
    body = own | {"id": profile.public_id, "services": list(profile.services.all())}
    return OwnProfileSerializer(body).data


def public_sitter_body(profile: SitterProfile) -> Any:
    """Represent a sitter for everybody."""
    metres = getattr(profile, "distance_m", None)
    return PublicSitterSerializer(
        {
            "id": profile.public_id,
            "display_name": profile.display_name,
            "bio": profile.bio,
            "place": {"lat": profile.public_lat, "lng": profile.public_lng},
            "timezone": profile.timezone,
            "badge": profile.trust_badge,
            "cancelled_stays": profile.cancelled_stays,
            "missed_stays": profile.missed_stays,
            "currency": profile.currency,
            "cancellation_tier": profile.cancellation_tier,
            "services": list(profile.services.all()),
            "distance_km": None if metres is None else round(metres / 1000, 1),
        }
    ).data


def rates_body(profile: SitterProfile) -> Any:
    """Represent a price list."""
    body = {"services": list(profile.services.all()), "currency": profile.currency}
    return RatesAnswerSerializer(body).data
