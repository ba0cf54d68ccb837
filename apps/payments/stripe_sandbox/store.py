"""The sandbox's own store: one SQLite file, one writer at a time, every request one transaction."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Body = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, seq);
CREATE INDEX IF NOT EXISTS object_created ON object (kind, created);
CREATE INDEX IF NOT EXISTS object_group ON object (kind, json_extract(body, '$.transfer_group'));
CREATE INDEX IF NOT EXISTS object_intent ON object (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS object_source ON object
    (kind, json_extract(body, '$.source_transaction'));
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL,
    created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
    event TEXT PRIMARY KEY, attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_FILTERS = {"transfer_group", "payment_intent", "source_transaction", "destination", "charge"}
_FILTERS |= {"customer", "type", "source"}


class Store:
    """Stripe's objects as JSON documents, newest last; survives a restart, also after kill -9."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; waits for the request in hand."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Serialise with every other request; commit at the end, roll back on any exception."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def now(self) -> int:
        """Return the sandbox's time in Unix seconds: real time plus its own offset."""
        return int(time.time()) + int(self.setting("clock_offset", "0"))

    def setting(self, name: str, default: str) -> str:
        """Return a stored setting."""
        with self._lock:
            row = self._db.execute("SELECT value FROM setting WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else default

    def set_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        with self._lock:
            self._db.execute("REPLACE INTO setting (name, value) VALUES (?, ?)", [name, value])

    def add(self, prefix: str, kind: str, **fields: Any) -> Body:
        """Store a new object under a fresh id and return it."""
        body: Body = {
            "id": f"{prefix}_{secrets.token_hex(12)}",
            "object": kind,
            "created": self.now(),
            "livemode": False,
            **fields,
        }
        self._db.execute(
            "INSERT INTO object (id, kind, created, body) VALUES (?, ?, ?, ?)",
            [body["id"], kind, body["created"], json.dumps(body)],
        )
        return body

    def save(self, body: Body) -> None:
        """Store the object's new state."""
        self._db.execute("UPDATE object SET body = ? WHERE id = ?", [json.dumps(body), body["id"]])

    def get(self, kind: str, identifier: str) -> Body | None:
        """Return the object, if one of this kind has this id."""
        with self._lock:
            row = self._db.execute("SELECT body FROM object WHERE id = ? AND kind = ?", [identifier, kind]).fetchone()
        return json.loads(row[0]) if row else None

    def find(
        self,
        kind: str,
        equal: dict[str, str] | None = None,
        *,
        created: tuple[int, int] | None = None,
        before: str = "",
        limit: int = -1,
    ) -> list[Body]:
        """Return objects newest first, filtered by equal fields, creation time and a cursor id."""
        where: list[str] = ["kind = ?"]
        values: list[Any] = [kind]
        for name, value in (equal or {}).items():
            assert name in _FILTERS, f"{name} is not a filter of the sandbox"
            where.append(f"json_extract(body, '$.{name}') = ?")
            values.append(value)
        if created:
            where.append("created BETWEEN ? AND ?")
            values += created
        if before:
            where.append("seq < (SELECT seq FROM object WHERE id = ?)")
            values.append(before)
        values.append(limit)
        condition = " AND ".join(where)
        sql = f"SELECT body FROM object WHERE {condition} ORDER BY seq DESC LIMIT ?"  # noqa: S608 - names come from _FILTERS
        with self._lock:
            return [json.loads(body) for (body,) in self._db.execute(sql, values)]

    def answer_of(self, key: str) -> tuple[str, int, str] | None:
        """Return (request, status, answer) kept for an idempotency key in the last 24 hours."""
        row = self._db.execute(
            "SELECT request, status, answer FROM idempotency WHERE key = ? AND created > ?",
            [key, self.now() - 24 * 3600],
        ).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def keep_answer(self, key: str, request: str, status: int, answer: str) -> None:
        """Keep the answer for the key."""
        self._db.execute(
            "REPLACE INTO idempotency (key, request, status, answer, created) VALUES (?, ?, ?, ?, ?)",
            [key, request, status, answer, self.now()],
        )

    def queue_delivery(self, event: str) -> None:
        """Have the event delivered to the webhook endpoint."""
        self._db.execute("INSERT INTO delivery (event, due) VALUES (?, ?)", [event, time.time()])

    def due_deliveries(self) -> list[tuple[str, int]]:
        """Return (event, attempts so far) of deliveries whose time has come, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT event, attempts FROM delivery WHERE due <= ? ORDER BY rowid LIMIT 50",
                [time.time()],
            )
            return [(event, attempts) for event, attempts in rows]

    def delivered(self, event: str) -> None:
        """Take the event off the queue."""
        with self._lock:
            self._db.execute("DELETE FROM delivery WHERE event = ?", [event])

    def postpone_delivery(self, event: str, seconds: float) -> None:
        """Have another attempt after so many seconds."""
        with self._lock:
            self._db.execute(
                "UPDATE delivery SET attempts = attempts + 1, due = ? WHERE event = ?",
                [time.time() + seconds, event],
            )
