"""What goes wrong, and at which count: the seed's schedule of faults. Pure.

Faults are counted, not timed: each waits for the n-th write that reaches the gateway and befalls the
first one from there on that it is meant for. So a seed makes the same decisions on any machine.
"""

import random
import re
from dataclasses import dataclass

from petwash.chaos.stories import Story

ANY = r"/v1/.*"
CONFIRM = r"/v1/payment_intents/[^/]+/confirm"
REFUND = r"/v1/refunds"
TRANSFER = r"/v1/transfers"

# Whoever asks the gateway is killed: before the request arrives; with the request arriving later than
# the lease of the dead; when it has happened and the answer is on its way; with the answer in hand.
KILLS_OF_ASKERS = ("kill_unheard", "kill_heard_late", "kill_unanswered", "kill_answered")
KILLS = (*KILLS_OF_ASKERS, "kill_anyone")
STOPS = ("stop_before", "stop_after")
GATEWAY_DEATHS = ("gateway_dies_before", "gateway_dies_after")
# As the sandbox names them.
ANSWERS = (
    "drop_request",
    "drop_answer",
    "fail_500",
    "fail_500_after",
    "fail_500_before",
    "rate_limit",
    "lock_timeout",
    "conflict",
)
WAITS = ("stall_answer", "slow")
COMPANY = ("database_cut", "redis_down", "day_passes")
# What does not befall a request: the conductor does it.
CONDUCTED = ("kill_anyone", "stop_anyone", "kill_broker", "stop_broker", "database_cut", "redis_down")
WEBHOOKS = ("twice", "late", "lost", "overtaken")
CLIENTS = ("client-1", "client-2", "client-3", "client-4")
WORKERS = (*CLIENTS, "payouts-1", "payouts-2", "sweep-1", "sweep-2", "relay", "celery", "web")
# Writes that every story with a payment makes at least: register, confirm; and a transfer.
WRITES_OF_A_RELEASE = 3


@dataclass(frozen=True)
class Strike:
    """One fault: from the `at`-th write on, the first whose path matches and that is about `booking`, if named.

    `target` names a worker, where it is not whoever asks. `share` is a random number from 0 to 1.
    """

    number: int
    at: int
    kind: str
    path: str = ANY
    target: str = ""
    booking: str = ""
    share: float = 0.0

    def befalls(self, count: int, path: str, encoded: str) -> bool:
        """Tell whether this write is the one; `encoded` is its body."""
        return count >= self.at and self.booking in encoded and re.fullmatch(self.path, path) is not None


def schedule(seed: int, releases: int, kills: int, stories: list[Story]) -> list[Strike]:
    """Return the strikes in the order of their counts: as many kills as asked for, the rest in proportion."""
    chance = random.Random(f"{seed} strikes")  # noqa: S311 - has to be repeatable, not secret
    kinds = [chance.choices(KILLS, (2, 2, 4, 3, 3))[0] for _ in range(kills)]
    for group, count in _amounts(releases, kills).items():
        kinds += [group[index % len(group)] for index in range(count)]
    last = max(12, int(releases * WRITES_OF_A_RELEASE * 0.85))
    found = sorted((chance.randint(4, last), index, kind) for index, kind in enumerate(kinds))
    aimed = _at_small_payouts(stories)
    drawn = [_drawn(chance, number, at, kind) for number, (at, _, kind) in enumerate(found, start=len(aimed))]
    return aimed + drawn


def _at_small_payouts(stories: list[Story]) -> list[Strike]:
    """What a second transfer needs to slip through, aimed where the gateway would not refuse it."""
    kinds = ("fail_500_after", "kill_heard_late", "day_passes", "slow")
    small = [story for story in stories if story.could_be_paid_twice][: 3 * len(kinds)]
    return [
        Strike(number, 0, kinds[number % len(kinds)], TRANSFER, booking=story.booking_id)
        for number, story in enumerate(small)
    ]


def _amounts(releases: int, kills: int) -> dict[tuple[str, ...], int]:
    return {
        STOPS: max(2, kills // 10),
        GATEWAY_DEATHS: max(2, kills // 12),
        ANSWERS: max(len(ANSWERS), releases // 8),
        WAITS: max(2, releases // 125),
        ("database_cut",): max(2, releases // 100),
        ("redis_down",): max(1, releases // 500),
        ("day_passes",): max(2, releases // 300),
    }


def _drawn(chance: random.Random, number: int, at: int, kind: str) -> Strike:
    path = chance.choices((ANY, CONFIRM, REFUND, TRANSFER), (3, 3, 2, 6))[0]
    target = chance.choice(WORKERS) if kind == "kill_anyone" else ""
    return Strike(number, at, kind, TRANSFER if kind == "day_passes" else path, target, share=chance.random())


def mishap(seed: int, event: int, rate: float) -> str:
    """Return what befalls the webhook of the n-th event: one of WEBHOOKS, or nothing."""
    chance = random.Random(f"{seed} webhook {event}")  # noqa: S311 - has to be repeatable, not secret
    return chance.choice(WEBHOOKS) if chance.random() < rate else ""
