"""`manage.py replay_dead_letters`: messages that were put aside, taken again once their cause is gone."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.errors import DomainError
from apps.stations import selectors
from apps.stations.models import DeadLetter
from apps.stations.services import dead_letters, replay

LIMIT = 1_000


class Command(BaseCommand):
    """Rehearses, or with --apply takes; says what came of each."""

    help = "Take stations' dead letters again. Without --apply nothing is changed: it says what would come of each."

    def add_arguments(self, parser: CommandParser) -> None:
        """Choose by reason, station and days."""
        parser.add_argument("--reason", default="", help="only those whose reason begins so, as unknown_station")
        parser.add_argument("--station", default="", help="only those of this station")
        parser.add_argument("--since", type=date.fromisoformat, help="only those put aside on this day or later (UTC)")
        parser.add_argument("--until", type=date.fromisoformat, help="only those put aside on this day or before (UTC)")
        parser.add_argument("--limit", type=int, default=LIMIT, help=f"at most so many, oldest first ({LIMIT})")
        parser.add_argument("--apply", action="store_true", help="take them; a reason is needed")
        parser.add_argument("--why", default="", help="the reason that the audit trail keeps")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through them, oldest first.

        Raises: CommandError for --apply without --why.
        """
        apply, why = options["apply"], options["why"].strip()
        if apply and not why:
            raise CommandError("--apply needs --why: the audit trail keeps the reason.")
        chosen = selectors.replayable_letters(
            reason=options["reason"],
            station=options["station"],
            since=_day(options["since"], time.min),
            until=_day(options["until"], time.max),
        )[: options["limit"]]
        with dead_letters.kept():
            counts = self._go_through(chosen, apply=apply, why=why)
        told = ", ".join(f"{many} {said}" for said, many in sorted(counts.items())) or "no dead letters"
        self.stdout.write(told if apply else f"Nothing was changed. Would be: {told}. Take them with --apply --why.")

    def _go_through(self, chosen: Iterable[DeadLetter], *, apply: bool, why: str) -> Counter[str]:
        counts: Counter[str] = Counter()
        for letter in chosen:
            try:
                said = replay.replay(None, letter.pk, reason=why).outcome if apply else replay.rehearse(letter.pk)
            except DomainError as refusal:
                said = f"left: {refusal.code}"
            counts[said] += 1
            self.stdout.write(f"{letter.pk}  {letter.topic}  {letter.reason.partition(':')[0]} -> {said}")
        return counts


def _day(day: date | None, moment: time) -> datetime | None:
    return datetime.combine(day, moment, tzinfo=UTC) if day else None
