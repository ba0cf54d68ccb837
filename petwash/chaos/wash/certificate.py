"""What a wash run prints: one line to keep, and a table of the faults that happened."""

from collections import Counter

from petwash.chaos.certificate import AT_THE_GATEWAY, OF_WEBHOOKS, happenings
from petwash.chaos.diary import Line
from petwash.chaos.wash.plan import WashPlan
from petwash.chaos.wash.verdict import WashVerdict

_BY_DIARY = {
    "brokers killed and started again": "kill_broker",
    "brokers stopped, then resumed": "stop_broker",
    "workers stopped, then resumed": "resumed",
    "database sessions cut": "database_cut",
    "Redis killed": "redis_down",
    **AT_THE_GATEWAY,
    **OF_WEBHOOKS,
    "answers of stations dropped": "drop_ack",
    "starts lost in front of a station": "lose_command",
    "stations that said everything twice": "duplicate",
    "stations that sent broken messages": "poison",
    "stations without power in mid-wash": "power_loss",
    "stations without network in mid-wash, for seconds": "blink",
    "stations without network in mid-wash, for a minute": "offline_mid_wash",
    "stations without network before their answer": "offline_at_start",
    "stations without network until the start expired": "deaf",
    "starts that never came": "never_start",
    "starts that came about when the server gave up": "late_start",
    "boards replaced in mid-wash": "new_board",
    "storms of telemetry": "storm",
}


def faults(lines: list[Line]) -> dict[str, int]:
    """Return how often each fault had its effect, by the diaries of the run and of the machine rooms."""
    counted = happenings(lines)
    killed = Counter(_role(line["worker"]) for line in lines if line["what"] == "killed")
    return {
        "kill -9 of the bridge": killed["bridge"],
        "kill -9 of six stations at once": killed["stations"],
        "kill -9 of another worker": killed["other"],
        **{name: counted[what] for name, what in _BY_DIARY.items()},
    }


def line(verdict: WashVerdict, happened: int, plan: WashPlan) -> str:
    """Return the certificate."""
    return (
        f"{verdict.washes} washes, {happened} faults, {verdict.bookings_with('lost')} lost, "
        f"{verdict.bookings_with('twice')} started twice, {verdict.refunded} refunded (seed {plan.seed})"
    )


def _role(worker: str) -> str:
    if worker == "bridge":
        return "bridge"
    return "stations" if worker.startswith("stations-") else "other"
