"""Use cases of the sitters app."""

from apps.sitters.services.failures import count_cancelled_stay, count_missed_stay
from apps.sitters.services.inbox import apply_notice, due_notices, receive_notice
from apps.sitters.services.nights import free_nights, reserve_nights
from apps.sitters.services.profile import (
    open_payout_account,
    save_profile,
    set_calendar,
    set_rates,
)
from apps.sitters.services.results import DECISION_REASON_LENGTH, decide_case, expire_clearances, record_facts
from apps.sitters.services.vetting import (
    confirm_reference,
    refresh_case,
    resume_waiting_cases,
    submit_vetting,
)

__all__ = [
    "DECISION_REASON_LENGTH",
    "apply_notice",
    "confirm_reference",
    "count_cancelled_stay",
    "count_missed_stay",
    "decide_case",
    "due_notices",
    "expire_clearances",
    "free_nights",
    "open_payout_account",
    "receive_notice",
    "record_facts",
    "refresh_case",
    "reserve_nights",
    "resume_waiting_cases",
    "save_profile",
    "set_calendar",
    "set_rates",
    "submit_vetting",
]
