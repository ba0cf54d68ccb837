"""Commands to stations: written with the state they belong to, sent by the bridge, resent alike.

The signed bytes are made from the kept body at each attempt; Ed25519 is deterministic, so a resend
is the very same message and the station answers `duplicate`.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Func, IntegerField, Lookup
from django.db.models.functions import Mod
from django.db.models.lookups import Exact

from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.stations.models import Bay, Command, Station, Wash
from apps.stations.protocol import messages, topics
from apps.stations.protocol.ulid import make_ulid
from apps.stations.shards import PLACE_SQL, Shard
from apps.stations.states import CommandType

LIFETIME = timedelta(seconds=30)
RESEND_GAPS = (3, 5, 7)
"""Seconds from one attempt to the next: resends 3, 8 and 15 seconds after the first."""
CHANNEL = "stations_command"
BATCH = 200


@dataclass(frozen=True)
class Outgoing:
    """A command that is due: where it goes and its exact body."""

    topic: str
    body: bytes


def issue(
    kind: CommandType, *, wash: Wash | None = None, bay: Bay | None = None, station: Station | None = None
) -> Command:
    """Write a command down for the bridge, which this transaction's commit wakes.

    It goes to the bay, to the wash's bay, or to the station as such.
    """
    require_transaction()
    now = real_now()
    bay = bay or (wash.bay if wash else None)
    target = bay.station if bay else station
    if target is None:
        raise ValueError("A command needs a wash, a bay or a station.")
    message = _message(kind, wash, bay, now + LIFETIME)
    command = Command.objects.create(
        ulid=message.id,
        station=target,
        bay=bay,
        wash=wash,
        type=kind,
        body=message.to_json().decode(),
        expires_at=message.expires_at,
        next_attempt_at=now,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    return command


def issue_once(kind: CommandType, wash: Wash, bay: Bay | None = None) -> bool:
    """Issue the command, to the wash's bay unless another one holds it, unless one of its kind is still alive there."""
    require_transaction()
    target = bay or wash.bay
    alive = Command.objects.filter(wash=wash, bay=target, type=kind, expires_at__gt=real_now())
    if alive.filter(acked_at=None).exists():
        return False
    issue(kind, wash=wash, bay=target)
    return True


def claim_due(now: datetime | None = None, shard: Shard = Shard()) -> list[Outgoing]:  # noqa: B008 - it is frozen
    """Take the commands that are due to the shard's stations and write down when each is due again; commits.

    A crash after the claim loses one attempt, never the command: the next attempt is written down.
    """
    now = now or real_now()
    with transaction.atomic(durable=True):
        due = list(
            Command.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("station")
            .filter(*_of_shard(shard), next_attempt_at__lte=now)
            .order_by("next_attempt_at", "id")[:BATCH]
        )
        sent = [command for command in due if _schedule(command, now)]
        Command.objects.bulk_update(due, ["attempts", "next_attempt_at", "result"])
    return [Outgoing(topics.command(command.station.slug, command.ulid), command.body.encode()) for command in sent]


def record_ack(ack: messages.Ack, station: Station) -> Command | None:
    """Note a station's answer, which ends the resends; None for a command that it never had.

    A `duplicate` proves the arrival and leaves an earlier, better answer alone.
    """
    require_transaction()
    command = Command.objects.select_for_update(of=("self",)).filter(ulid=ack.id, station=station).first()
    if command is None:
        return None
    command.next_attempt_at = None
    if command.acked_at is None or command.result == messages.AckResult.DUPLICATE:
        command.acked_at = real_now()
        command.result = ack.result.value
        command.reason = ack.reason or ""
    command.save(update_fields=["next_attempt_at", "acked_at", "result", "reason"])
    return command


def withdraw(wash: Wash, kind: CommandType) -> None:
    """Stop resending what is no longer wanted."""
    require_transaction()
    Command.objects.filter(wash=wash, type=kind).update(next_attempt_at=None)


def _of_shard(shard: Shard) -> list["Lookup[bool]"]:
    if shard.is_whole:
        return []
    place = Func(F("station__slug"), template=PLACE_SQL, output_field=IntegerField())
    return [Exact(Mod(place, shard.count), shard.index)]


def _schedule(command: Command, now: datetime) -> bool:
    """Set the next attempt; False when the command has expired and must not be sent again."""
    if command.expires_at <= now:
        command.next_attempt_at = None
        command.result = command.result or messages.AckResult.EXPIRED.value
        return False
    gap = RESEND_GAPS[command.attempts] if command.attempts < len(RESEND_GAPS) else None
    command.attempts += 1
    command.next_attempt_at = now + timedelta(seconds=gap) if gap is not None else None
    return True


def _message(kind: CommandType, wash: Wash | None, bay: Bay | None, expires_at: datetime) -> messages.Command:
    carries_total = kind in (CommandType.START, CommandType.TOP_UP)
    return messages.Command(
        id=make_ulid(),
        type=messages.CommandType(kind.value),
        bay=bay.number if bay else None,
        wash=str(wash.public_id) if wash else None,
        total_seconds=wash.bay_seconds if wash and carries_total else None,
        program=wash.program.code if wash and kind == CommandType.START else None,
        expires_at=expires_at,
        nonce=secrets.token_urlsafe(16),
    )
