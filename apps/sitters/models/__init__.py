"""Tables of the sitters app."""

from apps.sitters.models.calendar import NightReservation, SitterNight, SitterService
from apps.sitters.models.profile import SitterProfile, TrustTransition
from apps.sitters.models.vetting import CaseTransition, VettingCase, VettingCheck, VettingNotice

__all__ = [
    "CaseTransition",
    "NightReservation",
    "SitterNight",
    "SitterProfile",
    "SitterService",
    "TrustTransition",
    "VettingCase",
    "VettingCheck",
    "VettingNotice",
]
