"""Faults on demand: how a device can misbehave."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

DEFAULT_SECONDS = {"offline": 120.0, "late_start": 90.0}
DEFAULT_AMOUNT = {**DEFAULT_SECONDS, "leak": 30.0}


@dataclass(frozen=True)
class Faults:
    """Which faults are on.

    drop_ack: the first answer to each command is lost. never_start: no water runs after a start.
    late_start: the link drops after the first start's answer for so many seconds, so that the
    event `started` comes that late. duplicate: each message goes out twice. reboot_mid_wash: power
    is lost half-way through each wash. offline: the link drops once, half-way through a wash, for
    so many seconds. low_tank: each tank stands just above its critical level. poison: broken
    messages go out beside the good ones. no_clock: the device's clock is not synchronised. leak: so
    many millilitres a minute run out of the first tank. theft: half of the first tank is drained
    once, while no bay washes. clog: the nozzles give four tenths of what they should.
    """

    drop_ack: bool = False
    never_start: bool = False
    late_start: float = 0.0
    duplicate: bool = False
    reboot_mid_wash: bool = False
    offline: float = 0.0
    low_tank: bool = False
    poison: bool = False
    no_clock: bool = False
    leak: float = 0.0
    theft: bool = False
    clog: bool = False

    @classmethod
    def read(cls, words: Iterable[str]) -> Self:
        """Read `drop-ack`, `offline 120`, `offline:120` and their like.

        Raises: ValueError that names the fault and lists the known ones.
        """
        chosen: dict[str, bool | float] = {}
        for word in words:
            name, _, amount = word.strip().replace(":", " ").replace("=", " ").partition(" ")
            chosen |= cls._one(name.replace("-", "_"), amount.strip(), word)
        return cls(**chosen)  # type: ignore[arg-type]  # the names were checked, each has its type

    @classmethod
    def _one(cls, name: str, amount: str, word: str) -> dict[str, bool | float]:
        known = [item.name for item in fields(cls)]
        if name not in known:
            listed = ", ".join(one.replace("_", "-") for one in known)
            raise ValueError(f"There is no fault {word!r}. Known: {listed}.")
        if name not in DEFAULT_AMOUNT:
            if amount:
                raise ValueError(f"The fault {name.replace('_', '-')} takes no number: {word!r}.")
            return {name: True}
        try:
            number = float(amount or DEFAULT_AMOUNT[name])
        except ValueError:
            number = 0.0
        if not 0 < number < 1e6:
            unit = "seconds" if name in DEFAULT_SECONDS else "millilitres a minute"
            raise ValueError(f"{word!r} needs a number of {unit} above 0, as in '{name.replace('_', '-')} 120'.")
        return {name: number}
