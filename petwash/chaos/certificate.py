"""What a run prints: one line to keep, a table of the faults that happened, and what was wrong."""

from collections import Counter

from petwash.chaos.diary import Line
from petwash.chaos.plan import Plan
from petwash.chaos.verdict import Verdict

SHOWN = 20
AT_THE_GATEWAY = {
    "gateway killed before the effect": "gateway_dies_before",
    "gateway killed after the effect": "gateway_dies_after",
    "requests dropped": "drop_request",
    "answers dropped": "drop_answer",
    "answers stalled": "stall_answer",
    "slow requests, the key in use": "slow",
    "500 kept by the key, nothing done": "fail_500",
    "500 kept by the key, all done": "fail_500_after",
    "500 not kept": "fail_500_before",
    "409 conflict": "conflict",
    "429 rate limit": "rate_limit",
    "429 lock timeout": "lock_timeout",
}
OF_WEBHOOKS = {
    "webhooks delivered twice": "webhook_twice",
    "webhooks late": "webhook_late",
    "webhooks overtaken": "webhook_overtaken",
    "webhooks never delivered": "webhook_lost",
}
_FAULTS = {
    "kill -9, before the gateway heard": "kill_unheard",
    "kill -9, the request arriving after the successor's": "kill_heard_late",
    "kill -9, with the answer on its way": "kill_unanswered",
    "kill -9, with the answer in hand": "kill_answered",
    "kill -9 of a worker drawn by lot": "kill_anyone",
    "workers stopped beyond their lease, then resumed": "resumed",
    "days that passed with calls in doubt, keys gone": "keys_expired",
    **AT_THE_GATEWAY,
    "database sessions cut": "database_cut",
    "Redis killed": "redis_down",
    **OF_WEBHOOKS,
}


def kills(lines: list[Line]) -> int:
    """Return how many workers ended by kill -9 while the storm blew, as the nursery buried them."""
    return sum(line["what"] == "killed" for line in lines)


def happenings(lines: list[Line]) -> Counter[str]:
    """Return how often each thing happened; of cut sessions how many there were."""
    counted = Counter(str(line["what"]) for line in lines)
    counted["database_cut"] = sum(int(line["done"]) for line in lines if line["what"] == "database_cut")
    return counted


def faults(lines: list[Line]) -> dict[str, int]:
    """Return how often each fault had its effect."""
    counted = happenings(lines)
    counted["keys_expired"] = sum(line["what"] == "keys_expired" and line["in_doubt"] > 0 for line in lines)
    return {name: counted[what] for name, what in _FAULTS.items()}


def line(verdict: Verdict, killed: int, plan: Plan) -> str:
    """Return the certificate."""
    agree = "ledger = gateway" if verdict.is_clean or _books_agree(verdict) else "ledger and gateway DIFFER"
    double, lost = verdict.bookings_with("double"), verdict.bookings_with("lost")
    return f"{verdict.releases} releases, {killed} kills, {double} double, {lost} lost, {agree} (seed {plan.seed})"


def table(happened: dict[str, int]) -> str:
    """Return the faults, one a line; what did not happen says so."""
    width = max(len(name) for name in happened)
    return "\n".join(f"  {name:<{width}} {count or 'none':>6}" for name, count in happened.items())


def complaints(verdict: Verdict) -> str:
    """Return what was wrong, the first of many."""
    lines = list(verdict.differences)
    lines += [f"{offence.kind}: {offence.booking_id} ({offence.story}): {offence.what}" for offence in verdict.offences]
    more = [f"... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join([f"  {text}" for text in [*lines[:SHOWN], *more]])


def _books_agree(verdict: Verdict) -> bool:
    return not verdict.differences and not verdict.bookings_with("books")
