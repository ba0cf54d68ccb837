"""Do the chemicals add up? Levels against what washes used, and that against what they should use. Pure.

Millilitres are integers, instants are aware. Small movements of a surface cancel out: what left a tank is its first
level less its last, with the refills in between put back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True)
class Limits:
    """From where on something is worth a person's time; millilitres, minutes, per cent."""

    refill_ml: int = 500
    refill_window_minutes: int = 120
    leak_ml: int = 300
    leak_pct: int = 20
    theft_ml: int = 1000
    theft_minutes: int = 5
    clog_pct: int = 30
    clog_washes: int = 3


@dataclass(frozen=True)
class Level:
    """What a tank held at an instant."""

    at: datetime
    level_ml: int


@dataclass(frozen=True)
class Step:
    """A level that changed from one sample to the next."""

    since: datetime
    at: datetime
    before_ml: int
    after_ml: int

    @property
    def rise_ml(self) -> int:
        """How far it rose; negative for a fall."""
        return self.after_ml - self.before_ml


@dataclass(frozen=True)
class Use:
    """A wash at a bay: what its nozzle reported of one chemical, and what its seconds should have taken.

    `ended_at` is None while it runs.
    """

    bay: int
    started_at: datetime
    ended_at: datetime | None
    used_ml: int
    expected_ml: int


@dataclass(frozen=True)
class Finding:
    """Something that does not add up: what kind, how much, and the sentence for a person. `bay` for a nozzle."""

    kind: str
    ml: int
    sentence: str
    bay: int | None = None


@dataclass(frozen=True)
class Account:
    """What left a tank between two samples (refills put back), and what refills brought."""

    fall_ml: int
    rise_ml: int


def steps_of(levels: Sequence[Level]) -> list[Step]:
    """Return the changes of a series, in its order; equal neighbours are none."""
    pairs = pairwise(levels)
    return [Step(a.at, b.at, a.level_ml, b.level_ml) for a, b in pairs if a.level_ml != b.level_ml]


def rises_of(steps: Sequence[Step], limits: Limits) -> list[Step]:
    """Return the refills: rises of `refill_ml` or more, a refill that took several minutes as one."""
    found: list[Step] = []
    run: Step | None = None
    for step in steps:
        if step.rise_ml <= 0:
            run = None
            continue
        joins = run is not None and step.since == run.at
        run = replace(step, since=run.since, before_ml=run.before_ml) if joins and run else step
        if run.rise_ml >= limits.refill_ml:
            if joins and found and found[-1].since == run.since:
                found[-1] = run
            else:
                found.append(run)
    return found


def account(steps: Sequence[Step], limits: Limits) -> Account:
    """Return what left the tank and what refills brought; exact: first level = last level + fall - rise."""
    rise = sum(step.rise_ml for step in rises_of(steps, limits))
    net = -sum(step.rise_ml for step in steps)
    return Account(fall_ml=net + rise, rise_ml=rise)


def unrecorded(rises: Sequence[Step], refilled_at: Sequence[datetime], limits: Limits, now: datetime) -> list[Step]:
    """Return rises that no recorded refill explains, once the time to record one is over."""
    window = timedelta(minutes=limits.refill_window_minutes)
    return [
        rise
        for rise in rises
        if now - rise.at >= window and not any(rise.since - window <= at <= rise.at + window for at in refilled_at)
    ]


def thefts(steps: Sequence[Step], uses: Sequence[Use], limits: Limits) -> list[Step]:
    """Return the sudden falls of an idle tank: `theft_ml` within `theft_minutes`, and what joins on."""
    within = timedelta(minutes=limits.theft_minutes)
    found: list[Step] = []
    recent: list[Step] = []
    for step in steps:
        if step.rise_ml >= 0 or step.at - step.since > within or _busy(step, uses):
            continue
        if found and step.since == found[-1].at and _is_fast(step, limits):
            found[-1] = _lengthened(found[-1], step.at, step.rise_ml)
            continue
        recent = [one for one in recent if step.at - one.since <= within] + [step]
        lost = sum(one.rise_ml for one in recent)
        if -lost >= limits.theft_ml:
            first = recent[0]
            found.append(_lengthened(Step(first.since, first.since, first.before_ml, first.before_ml), step.at, lost))
            recent = []
    return found


def judge_tank(chemical: str, steps: Sequence[Step], uses: Sequence[Use], limits: Limits) -> list[Finding]:
    """Say what is wrong with a tank: a theft, a leak, both or nothing.

    A wash that still runs, or that began before the first level, may have taken all it was sold: it is given the
    benefit of the doubt.
    """
    stolen = thefts(steps, uses, limits)
    found = [_theft(chemical, step) for step in stolen[-1:]]
    used = sum(max(use.used_ml, use.expected_ml if _is_partial(use, steps) else 0) for use in uses)
    lost = account(steps, limits).fall_ml - sum(-step.rise_ml for step in stolen)
    excess = lost - used
    if excess >= max(limits.leak_ml, -(-used * limits.leak_pct // 100)):
        sentence = (
            f"{chemical} fell by {lost:,} ml while washes used {used:,} ml: {excess:,} ml are missing. "
            "Look for a leak at the tank and its hoses."
        )
        found.append(Finding("leak", excess, sentence))
    return found


def judge_nozzles(chemical: str, uses: Sequence[Use], limits: Limits) -> list[Finding]:
    """Say which bays use much less of a chemical than their paid seconds should have taken."""
    found = []
    for bay in sorted({use.bay for use in uses}):
        ended = [use for use in uses if use.bay == bay and use.ended_at is not None and use.expected_ml > 0]
        used, expected = sum(use.used_ml for use in ended), sum(use.expected_ml for use in ended)
        missing = expected - used
        if len(ended) >= limits.clog_washes and missing * 100 >= limits.clog_pct * expected:
            sentence = (
                f"{len(ended)} washes of bay {bay} used {used:,} ml of {chemical} where {expected:,} ml were "
                "expected. Look for a clogged nozzle."
            )
            found.append(Finding("clog", missing, sentence, bay))
    return found


def _theft(chemical: str, step: Step) -> Finding:
    lost = -step.rise_ml
    sentence = (
        f"{chemical} fell by {lost:,} ml between {step.since:%d %b %H:%M} and {step.at:%H:%M} UTC while no bay "
        "washed. Look whether somebody has drained it."
    )
    return Finding("theft", lost, sentence)


def _is_fast(step: Step, limits: Limits) -> bool:
    minutes = (step.at - step.since) / timedelta(minutes=1)
    return -step.rise_ml * limits.theft_minutes >= limits.theft_ml * minutes


def _lengthened(step: Step, at: datetime, rise_ml: int) -> Step:
    return replace(step, at=at, after_ml=step.after_ml + rise_ml)


def _busy(step: Step, uses: Sequence[Use]) -> bool:
    """Whether a wash ran during the step, or so near to it that its level may have come a sample late."""
    slack = timedelta(minutes=2)
    return any(
        use.started_at - slack <= step.at and (use.ended_at is None or step.since <= use.ended_at + slack)
        for use in uses
    )


def _is_partial(use: Use, steps: Sequence[Step]) -> bool:
    return use.ended_at is None or not steps or use.started_at < steps[0].since
