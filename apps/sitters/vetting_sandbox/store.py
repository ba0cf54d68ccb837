"""What the stand-in remembers, in one SQLite file."""

import json
import secrets
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS candidates (
    id TEXT PRIMARY KEY, custom_id TEXT NOT NULL, outcome TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS candidates_custom ON candidates (custom_id);
CREATE TABLE IF NOT EXISTS reports (
    id TEXT PRIMARY KEY, candidate_id TEXT NOT NULL UNIQUE REFERENCES candidates (id),
    ready_at REAL NOT NULL, complete INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS webhooks (
    id TEXT PRIMARY KEY, body TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL, settled INTEGER NOT NULL DEFAULT 0);
"""
OUTCOMES = {"consider": "consider", "reject": "failed"}


class KeyReused(Exception):
    """An idempotency key came back with another request."""


@dataclass(frozen=True)
class Delivery:
    """A webhook that waits to be sent; `attempts` have failed so far."""

    id: str
    body: str
    attempts: int


class Store:
    """All reads and writes, one at a time."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def remembered(self, key: str, request: str) -> tuple[int, dict[str, Any]] | None:
        """Return the answer given for this key before.

        Raises: KeyReused when the request was another one.
        """
        row = self._one("SELECT request, status, body FROM answers WHERE key = ?", key)
        if row is None:
            return None
        if row["request"] != request:
            raise KeyReused
        return row["status"], json.loads(row["body"])

    def remember(self, key: str, request: str, status: int, body: dict[str, Any]) -> None:
        """Keep an answer for its key."""
        self._write(
            "INSERT OR IGNORE INTO answers (key, request, status, body) VALUES (?, ?, ?, ?)",
            key, request, status, json.dumps(body),
        )  # fmt: skip

    def add_candidate(self, custom_id: str, last_name: str) -> str:
        """Keep a candidate: the outcome that the last name asks for, not the name."""
        candidate_id = secrets.token_hex(12)
        outcome = OUTCOMES.get(last_name.strip().casefold(), "clear")
        self._write(
            "INSERT INTO candidates (id, custom_id, outcome) VALUES (?, ?, ?)",
            candidate_id, custom_id, outcome,
        )  # fmt: skip
        return candidate_id

    def candidate(self, candidate_id: str) -> dict[str, Any] | None:
        """Return one candidate as the API shows it."""
        row = self._one("SELECT * FROM candidates WHERE id = ?", candidate_id)
        return self._candidate(row) if row else None

    def candidates_of(self, custom_id: str) -> list[dict[str, Any]]:
        """Return the candidates that carry the caller's own id."""
        rows = self._all("SELECT * FROM candidates WHERE custom_id = ?", custom_id)
        return [self._candidate(row) for row in rows]

    def add_report(self, candidate_id: str, ready_at: float) -> str:
        """Order a report; a candidate has one at most."""
        report_id = secrets.token_hex(12)
        self._write(
            "INSERT OR IGNORE INTO reports (id, candidate_id, ready_at) VALUES (?, ?, ?)",
            report_id, candidate_id, ready_at,
        )  # fmt: skip
        row = self._one("SELECT id FROM reports WHERE candidate_id = ?", candidate_id)
        assert row is not None
        return str(row["id"])

    def report(self, report_id: str) -> dict[str, Any] | None:
        """Return one report with its screenings as the API shows it."""
        row = self._one(
            "SELECT r.*, c.custom_id, c.outcome FROM reports r"
            " JOIN candidates c ON c.id = r.candidate_id WHERE r.id = ?",
            report_id,
        )
        return _report(row) if row else None

    def complete_due(self, now: float) -> int:
        """Finish the reports that are due; queue two webhooks for each."""
        due = self._all("SELECT id FROM reports WHERE complete = 0 AND ready_at <= ?", now)
        for row in due:
            self._write("UPDATE reports SET complete = 1 WHERE id = ?", row["id"])
            for kind in ("report.updated", "report.completed"):
                self.queue_webhook(kind, row["id"], now)
        return len(due)

    def queue_webhook(self, kind: str, report_id: str, now: float) -> str:
        """Write an event that is to be delivered at once; return its id."""
        event_id = secrets.token_hex(12)
        body = {
            "id": event_id,
            "object": "event",
            "type": kind,
            "created_at": datetime.fromtimestamp(now, UTC).isoformat(),
            "data": {"object": {"id": report_id, "object": "report"}},
        }
        self._write(
            "INSERT INTO webhooks (id, body, due_at) VALUES (?, ?, ?)",
            event_id, json.dumps(body), now,
        )  # fmt: skip
        return event_id

    def due_webhooks(self, now: float) -> list[Delivery]:
        """Return what is to be sent now, oldest first."""
        rows = self._all(
            "SELECT id, body, attempts FROM webhooks WHERE settled = 0 AND due_at <= ? ORDER BY due_at LIMIT 100",
            now,
        )
        return [Delivery(row["id"], row["body"], row["attempts"]) for row in rows]

    def settle_webhook(self, event_id: str) -> None:
        """The receiver has it, or it was given up."""
        self._write("UPDATE webhooks SET settled = 1 WHERE id = ?", event_id)

    def retry_webhook(self, event_id: str, due_at: float) -> None:
        """Send it again later."""
        self._write(
            "UPDATE webhooks SET attempts = attempts + 1, due_at = ? WHERE id = ?",
            due_at, event_id,
        )  # fmt: skip

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has: what was paid for, and what is undelivered."""
        reports = self._one("SELECT count(*) AS n FROM reports")
        waiting = self._one("SELECT count(*) AS n FROM webhooks WHERE settled = 0")
        assert reports is not None
        assert waiting is not None
        return {"reports": reports["n"], "webhooks_waiting": waiting["n"]}

    def _candidate(self, row: sqlite3.Row) -> dict[str, Any]:
        reports = self._all("SELECT id FROM reports WHERE candidate_id = ?", row["id"])
        return {
            "id": row["id"],
            "object": "candidate",
            "custom_id": row["custom_id"],
            "report_ids": [report["id"] for report in reports],
        }

    def _all(self, sql: str, *args: object) -> list[sqlite3.Row]:
        with self._lock, closing(self._db.execute(sql, args)) as cursor:
            return list(cursor.fetchall())

    def _one(self, sql: str, *args: object) -> sqlite3.Row | None:
        rows = self._all(sql, *args)
        return rows[0] if rows else None

    def _write(self, sql: str, *args: object) -> None:
        with self._lock:
            self._db.execute(sql, args)


def _report(row: sqlite3.Row) -> dict[str, Any]:
    complete = bool(row["complete"])
    identity = "failed" if row["outcome"] == "failed" else "clear"
    criminal = "consider" if row["outcome"] == "consider" else "clear"
    whole = "clear" if identity == criminal == "clear" else "consider"
    return {
        "id": row["id"],
        "object": "report",
        "status": "complete" if complete else "pending",
        "result": whole if complete else None,
        "candidate_id": row["candidate_id"],
        "candidate": {"id": row["candidate_id"], "custom_id": row["custom_id"]},
        "identity_verification": _screening(complete, identity),
        "national_criminal_search": _screening(complete, criminal),
    }


def _screening(complete: bool, result: str) -> dict[str, Any]:
    return {
        "status": "complete" if complete else "pending",
        "result": result if complete else None,
    }
