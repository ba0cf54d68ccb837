"""What befalls a station at one of its starts, drawn by the seed for the n-th start of each bay. Pure."""

import random
from dataclasses import dataclass

# Over within seconds.
QUICK = (
    "drop_ack",  # the first answer to the start is lost
    "lose_command",  # the start is lost in front of the device
    "duplicate",  # everything goes out twice
    "poison",  # broken messages beside the good ones
    "power_loss",  # no power for a moment in mid-wash; only flash knows what was
    "blink",  # no network for some seconds in mid-wash
    "storm",  # telemetry without end
)
# The bay is taken for a minute or two.
SLOW = (
    "never_start",  # the start is accepted and no water runs
    "late_start",  # water runs about when the server gives up
    "offline_at_start",  # the link drops before the answer is out; the wash runs unseen
    "offline_mid_wash",  # the link drops in mid-wash until long after its end
    "deaf",  # the link drops before the start is heard, until it has expired
)
NEW_BOARD = "new_board"  # the controller is replaced in mid-wash: new memory, a new epoch
KINDS = (*QUICK, *SLOW, NEW_BOARD)
QUICK_SHARE, SLOW_SHARE, BOARD_SHARE = 0.35, 0.10, 0.004
_SPARE_STARTS = 4  # a bay may start more washes than its even share
SLOW_PAUSE = {
    "late_start": (38.0, 58.0),
    "offline_at_start": (20.0, 95.0),
    "offline_mid_wash": (20.0, 80.0),
    "deaf": (32.0, 75.0),
    "new_board": (36.0, 45.0),
    "power_loss": (0.5, 3.0),
    "blink": (1.0, 6.0),
    "storm": (2.0, 4.0),
}


@dataclass(frozen=True)
class Mishap:
    """One misfortune; `at` is the share of the wash that has run then, `seconds` how long it lasts."""

    kind: str
    at: float = 0.0
    seconds: float = 0.0


def deal(seed: int, bays: int, washes: int, *, slow: bool) -> list[list[Mishap | None]]:
    """Return for each bay what befalls its first, second, ... start.

    Slow ones are dealt evenly, so that no bay holds up the run. `slow`: whether there are any.
    """
    chance = random.Random(f"{seed} mishaps")  # noqa: S311 - has to be repeatable, not secret
    starts = max(1, -(-washes // bays))
    dealt: list[list[Mishap | None]] = [
        [_quick(chance) if chance.random() < QUICK_SHARE else None for _ in range(starts + _SPARE_STARTS)]
        for _ in range(bays)
    ]
    if slow:
        kinds = [SLOW[index % len(SLOW)] for index in range(max(len(SLOW), round(washes * SLOW_SHARE)))]
        kinds += [NEW_BOARD] * max(1, round(washes * BOARD_SHARE))
        order = chance.sample(range(bays), bays)
        chance.shuffle(kinds)
        for index, kind in enumerate(kinds):
            # Early: a slow wash at the very end would be waited for by everybody.
            place = chance.randrange(max(1, starts - 2))
            dealt[order[index % bays]][place] = _drawn(chance, kind)
    return dealt


def _quick(chance: random.Random) -> Mishap:
    return _drawn(chance, chance.choice(QUICK))


def _drawn(chance: random.Random, kind: str) -> Mishap:
    least, most = SLOW_PAUSE.get(kind, (0.0, 0.0))
    return Mishap(kind, round(chance.uniform(0.05, 0.9), 3), round(chance.uniform(least, most), 2))
