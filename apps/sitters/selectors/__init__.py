"""Reads of the sitters app: the only doors to its objects."""

from apps.sitters.selectors.bookable import (
    access_bookable_sitter,
    demand_near,
    payee_id_of,
    rate_for,
)
from apps.sitters.selectors.own import (
    CALENDAR_MAX_DAYS,
    access_own_profile,
    calendar_of,
    cases_in_review,
    own_vetting,
    require_sitter,
    sitter_today,
    timezone_of,
    trust_of,
)
from apps.sitters.selectors.search import ORDERINGS, SearchQuery, search_sitters

__all__ = [
    "CALENDAR_MAX_DAYS",
    "ORDERINGS",
    "SearchQuery",
    "access_bookable_sitter",
    "access_own_profile",
    "calendar_of",
    "cases_in_review",
    "demand_near",
    "own_vetting",
    "payee_id_of",
    "rate_for",
    "require_sitter",
    "search_sitters",
    "sitter_today",
    "timezone_of",
    "trust_of",
]
