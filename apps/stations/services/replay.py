"""Dead letters, taken again once their cause is gone: through the very same intake, each at most once.

The claim of the letter, what the message does, and the outcome are one transaction. A letter that is
refused again keeps its outcome and may be tried later.
"""

from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from apps.common import audit
from apps.common.clock import real_now
from apps.common.errors import Conflict, NotFound
from apps.stations import live
from apps.stations.models import DeadLetter
from apps.stations.protocol import topics
from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.topics import Kind
from apps.stations.services import intake

TAKEN = "taken"
OF_THE_MOMENT = (Kind.CONN, Kind.BIRTH, Kind.BAY_STATE, Kind.TANK_LEVEL)
"""Newer is told by counters that begin anew with a new board or new credentials: an old word may look newest."""


def replay(actor: Any, letter_id: int, *, reason: str) -> DeadLetter:
    """Take the message again; the letter tells what came of it: `taken`, or the new refusal.

    Raises: NotFound; Conflict `already_taken`, `not_replayable` for a word that held only when it was said.
    """
    with transaction.atomic(durable=True):
        letter = _claimed(letter_id)
        outcome, changed = _take(letter)
        now = real_now()
        letter.tried_at, letter.outcome = now, outcome
        letter.taken_at = now if outcome == TAKEN else None
        letter.save(update_fields=["tried_at", "outcome", "taken_at"])
        audit.record(actor, "dead_letter.replayed", str(letter_id), reason=reason, outcome=outcome)
    if changed:
        live.broadcast(changed)
    return letter


def rehearse(letter_id: int) -> str:
    """Return what `replay` would come to, and leave everything as it was. Raises: as `replay`."""
    with transaction.atomic(durable=True):
        outcome, _ = _take(_claimed(letter_id))
        transaction.set_rollback(True)
    return outcome


def _claimed(letter_id: int) -> DeadLetter:
    letter = DeadLetter.objects.select_for_update().filter(pk=letter_id).first()
    if letter is None:
        raise NotFound("not_found", "There is no such dead letter.")
    if letter.taken_at is not None:
        raise Conflict("already_taken", "This message was taken on an earlier try; it is not taken twice.")
    if _kind_of(letter.topic) in OF_THE_MOMENT:
        raise Conflict(
            "not_replayable",
            "What a station says of itself holds only when it is said. It says it again when it connects.",
        )
    return letter


def _take(letter: DeadLetter) -> tuple[str, set[str]]:
    try:
        with transaction.atomic():
            outcome = intake.take_again(intake.Raw(letter.topic, letter.payload.encode()))
            if outcome.dead:
                transaction.set_rollback(True)  # to the savepoint: no second letter
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError as error:
        return f"refused: {type(error).__name__}", set()
    if outcome.dead:
        return f"refused: {next(iter(outcome.reasons))}", set()
    return TAKEN, outcome.changed


def _kind_of(topic: str) -> Kind | None:
    try:
        return topics.parse(topic).kind
    except ProtocolError:
        return None
