"""What sitters see of themselves, and what the trust services read."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.common.errors import Forbidden, InvalidInput, NotFound
from apps.sitters.models import SitterProfile, VettingCase
from apps.sitters.states import CaseStatus
from apps.sitters.trust import SitterTrustStatus
from apps.sitters.types import NightView

CALENDAR_MAX_DAYS = 366


def require_sitter(actor: Any) -> None:
    """Assert that the actor has a sitter's account.

    Raises: Forbidden sitter_role_required.
    """
    if getattr(actor, "role", None) != "sitter":
        raise Forbidden("sitter_role_required", "This is for sitters: register as a sitter.")


def access_own_profile(actor: Any) -> SitterProfile:
    """Return the caller's own profile with its services.

    Raises: Forbidden for other roles; NotFound before anything was entered.
    """
    require_sitter(actor)
    profile = SitterProfile.objects.filter(user=actor).prefetch_related("services").first()
    if profile is None:
        raise NotFound("no_sitter_profile", "There is no profile yet: PUT /sitter/profile first.")
    return profile


def own_vetting(actor: Any) -> tuple[VettingCase | None, SitterProfile | None]:
    """Return the caller's newest case with its checks, and the profile; None before the first.

    Raises: Forbidden for other roles.
    """
    require_sitter(actor)
    profile = SitterProfile.objects.filter(user=actor).first()
    if profile is None:
        return None, None
    return profile.cases.prefetch_related("checks").order_by("-id").first(), profile


def trust_of(sitter: SitterProfile) -> SitterTrustStatus:
    """Read the facts from which a sitter's trust follows."""
    case = (
        sitter.cases.exclude(status=CaseStatus.SUBMITTING).order_by("-id").values_list("status", "decided_at").first()
    )
    return SitterTrustStatus(
        latest_case=CaseStatus(case[0]) if case else None,
        decided_at=case[1] if case else None,
        cleared_at=sitter.cleared_at,
    )


def timezone_of(user: Any) -> str | None:
    """Return the zone of a person's place, None for who has no sitter's profile."""
    return SitterProfile.objects.filter(user=user).values_list("timezone", flat=True).first()


def sitter_today(sitter: SitterProfile, now: datetime) -> date:
    """Return the date that the sitter's wall calendar shows at `now`."""
    return now.astimezone(ZoneInfo(sitter.timezone)).date()


def calendar_of(sitter: SitterProfile, first: date, last: date) -> list[NightView]:
    """Return each night from `first` to `last`, both included; unknown nights are open.

    Raises: InvalidInput when the range is empty or longer than 366 days.
    """
    days = (last - first).days + 1
    if days < 1:
        raise InvalidInput.field("end", "must not be before start")
    if days > CALENDAR_MAX_DAYS:
        raise InvalidInput.field("end", f"must be at most {CALENDAR_MAX_DAYS} nights from start")
    rows = {row.night: row for row in sitter.nights.filter(night__range=(first, last))}
    views = []
    for night in (first + timedelta(days=offset) for offset in range(days)):
        row = rows.get(night)
        if row is None:
            views.append(NightView(night, sitter.night_capacity, 0, blocked=False, exclusive=False))
        else:
            views.append(NightView(night, row.capacity, row.booked, row.blocked, row.exclusive))
    return views


def cases_in_review() -> int:
    """Return how many vetting cases wait for a person's decision."""
    return VettingCase.objects.filter(status=CaseStatus.IN_REVIEW).count()
