"""What is up and what is not."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from apps.common import heartbeats, relay

HEARTBEAT_LIMIT_SECONDS = 30
LAG_LIMIT_SECONDS = 60
PROBE_TIMEOUT_SECONDS = 2


@dataclass(frozen=True)
class Finding:
    """One part: whether it is well, and a sentence when it is not (a figure when it is)."""

    part: str
    ok: bool
    note: str = ""


def database() -> Finding:
    """Ask the database one question."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Finding("database", ok=False, note=type(error).__name__)
    return Finding("database", ok=True)


def migrations() -> Finding:
    """Tell whether the schema is the one this code expects."""
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Finding("migrations", ok=False, note=type(error).__name__)
    return Finding("migrations", ok=not waiting, note=f"{len(waiting)} waiting" if waiting else "")


def redis_server() -> Finding:
    """Ping Redis."""
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=PROBE_TIMEOUT_SECONDS,
            socket_connect_timeout=PROBE_TIMEOUT_SECONDS,
        )
        with client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        return Finding("redis", ok=False, note=type(error).__name__)
    return Finding("redis", ok=True)


def mqtt_broker() -> Finding:
    """Knock at the broker's port; the bridge's heartbeat tells the rest."""
    try:
        with socket.create_connection((settings.MQTT.host, settings.MQTT.port), PROBE_TIMEOUT_SECONDS):
            return Finding("mqtt", ok=True)
    except OSError as error:
        return Finding("mqtt", ok=False, note=type(error).__name__)


def heartbeat(name: str) -> Finding:
    """Tell whether a background loop has turned lately."""
    try:
        age = heartbeats.age_seconds(name)
    except DatabaseError as error:
        return Finding(name, ok=False, note=type(error).__name__)
    if age is None:
        return Finding(name, ok=False, note="never seen")
    return Finding(name, ok=age <= HEARTBEAT_LIMIT_SECONDS, note=f"{age:.0f} s ago")


def divided(name: str) -> list[Finding]:
    """Tell of each part of a loop that is divided among processes."""
    try:
        known = heartbeats.parts(name)
    except DatabaseError:
        return []  # the whole has said so
    return [
        Finding(part.row, ok=part.age <= HEARTBEAT_LIMIT_SECONDS, note=f"{part.age:.0f} s ago")
        for part in known
        if part.count > 1
    ]


def outbox() -> Finding:
    """Tell how old the oldest waiting event is, and how many gave up."""
    try:
        lag, dead = relay.lag_seconds(), relay.dead_letters()
    except DatabaseError as error:
        return Finding("outbox", ok=False, note=type(error).__name__)
    return Finding(
        "outbox",
        ok=lag <= LAG_LIMIT_SECONDS and not dead,
        note=f"lag {lag:.0f} s, {dead} dead letters",
    )


_OTHERS: list[Callable[[], Finding]] = []


def register(probe: Callable[[], Finding]) -> None:
    """Have an app's own probe asked with the others; it answers from the database and raises nothing."""
    if probe not in _OTHERS:
        _OTHERS.append(probe)


READY: tuple[Callable[[], Finding], ...] = (database, migrations)


def status() -> list[Finding]:
    """Ask everything."""
    loops = [heartbeat(name) for name in ("worker", "beat", "relay", "bridge")]
    return [
        *(probe() for probe in READY),
        redis_server(),
        mqtt_broker(),
        *loops,
        *divided("bridge"),
        outbox(),
        *(probe() for probe in _OTHERS),
    ]
