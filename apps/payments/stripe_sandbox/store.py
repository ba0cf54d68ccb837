"""The sandbox's own store: one SQLite file, one writer at a time, every request one transaction."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.payments.stripe_sandbox import schema

Body = dict[str, Any]
KEY_SECONDS = 24 * 3600
FILTERS = {"transfer_group", "payment_intent", "source_transaction", "destination", "charge", "customer", "type"}
FILTERS |= {"source", "transfer", "payout", "status", "currency"}
INDEXED = {  # named, as the planner would rather walk a whole kind in its order
    "transfer_group": "object_group",
    "payment_intent": "object_intent",
    "source_transaction": "object_source_transaction",
    "charge": "object_charge",
    "source": "object_origin",
    "transfer": "object_transfer",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for; cursors are ids, types any of which an object may have."""

    created: tuple[int, int] | None = None
    starting_after: str = ""
    ending_before: str = ""
    types: tuple[str, ...] = ()
    delivered: bool | None = None
    limit: int = -1


EVERYTHING = Page()


class Store:
    """Stripe's objects as JSON documents, newest last; survives a restart, also after kill -9.

    `owner` is the connected account that an object belongs to, empty for the platform's own.
    """

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        schema.prepare(self._db)
        self._offset = int(self.setting("clock_offset", "0"))

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
        return int(self.moment())

    def moment(self) -> float:
        """Return the sandbox's time with its fraction of a second."""
        return time.time() + self._offset

    def advance_clock(self, seconds: int) -> None:
        """Move the sandbox's time on, and forget the keys that are a day old by it."""
        with self._lock:
            self._offset += seconds
            self.set_setting("clock_offset", str(self._offset))
            self._db.execute("DELETE FROM idempotency WHERE created <= ?", [self.now() - KEY_SECONDS])

    def setting(self, name: str, default: str) -> str:
        """Return a stored setting."""
        with self._lock:
            row = self._db.execute("SELECT value FROM setting WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else default

    def set_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        with self._lock:
            self._db.execute("REPLACE INTO setting (name, value) VALUES (?, ?)", [name, value])

    def add(self, prefix: str, kind: str, *, owner: str = "", **fields: Any) -> Body:
        """Store a new object under a fresh id and return it."""
        body: Body = {
            "id": f"{prefix}_{secrets.token_hex(12)}",
            "object": kind,
            "created": self.now(),
            "livemode": False,
            **fields,
        }
        self._db.execute(
            "INSERT INTO object (id, kind, created, body, owner) VALUES (?, ?, ?, ?, ?)",
            [body["id"], kind, body["created"], json.dumps(body), owner],
        )
        return body

    def save(self, body: Body) -> None:
        """Store the object's new state."""
        self._db.execute("UPDATE object SET body = ? WHERE id = ?", [json.dumps(body), body["id"]])

    def remove(self, identifier: str) -> None:
        """Forget an object."""
        self._db.execute("DELETE FROM object WHERE id = ?", [identifier])

    def get(self, kind: str, identifier: str, *, owner: str | None = None) -> Body | None:
        """Return the object, if one of this kind (and this owner, if named) has this id."""
        with self._lock:
            row = self._db.execute(
                "SELECT body, owner FROM object WHERE id = ? AND kind = ?", [identifier, kind]
            ).fetchone()
        return json.loads(row[0]) if row and owner in {None, row[1]} else None

    def find(
        self, kind: str, equal: dict[str, str] | None = None, *, owner: str = "", page: Page = EVERYTHING
    ) -> list[Body]:
        """Return objects newest first, filtered by equal fields and by page."""
        where, values = _condition(equal or {}, page)
        order = "ASC" if page.ending_before else "DESC"
        index = next((INDEXED[name] for name in equal or {} if name in INDEXED), "object_page")
        source = f"object INDEXED BY {index} WHERE kind = ? AND owner = ?{where}"
        sql = f"SELECT body FROM {source} ORDER BY seq {order} LIMIT ?"  # noqa: S608 - names come from FILTERS
        with self._lock:
            rows = [json.loads(body) for (body,) in self._db.execute(sql, [kind, owner, *values, page.limit])]
        return rows[::-1] if page.ending_before else rows

    def add_funds(self, owner: str, currency: str, available_on: int, net: int) -> None:
        """Count money that moved on an account's balance; it is available from `available_on`."""
        schema.add_funds(self._db, owner, currency, available_on, net)

    def funds(self, owner: str) -> list[tuple[str, bool, int]]:
        """Return (currency, whether available, minor units) of an account, by currency."""
        with self._lock:
            rows = self._db.execute(
                "SELECT currency, available_on <= ?, SUM(net) FROM funds WHERE owner = ? GROUP BY 1, 2 ORDER BY 1",
                [self.now(), owner],
            )
            return [(currency, bool(free), net) for currency, free, net in rows]

    def mark_paid_out(self, payout: str, owner: str, currency: str) -> None:
        """Write on every available balance transaction that has no payout yet that this one drained it."""
        self._db.execute(
            "UPDATE object SET body = json_set(body, '$.payout', ?) "
            "WHERE kind = 'balance_transaction' AND owner = ? AND json_extract(body, '$.payout') IS NULL "
            "AND json_extract(body, '$.currency') = ? AND json_extract(body, '$.available_on') <= ?",
            [payout, owner, currency, self.now()],
        )

    def answer_of(self, key: str) -> tuple[str, int, str] | None:
        """Return (request, status, answer) kept for an idempotency key in the last 24 hours."""
        row = self._db.execute(
            "SELECT request, status, answer FROM idempotency WHERE key = ? AND created > ?",
            [key, self.now() - KEY_SECONDS],
        ).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def keep_answer(self, key: str, request: str, status: int, answer: str) -> None:
        """Keep the answer for the key."""
        self._db.execute(
            "REPLACE INTO idempotency (key, request, status, answer, created) VALUES (?, ?, ?, ?, ?)",
            [key, request, status, answer, self.now()],
        )

    def add_job(self, action: str, subject: str, due: int) -> None:
        """Have something happen by itself once the sandbox's time has come."""
        self._db.execute("INSERT INTO job (due, action, subject) VALUES (?, ?, ?)", [due, action, subject])

    def job_is_due(self) -> bool:
        """Tell whether a job's time has come."""
        with self._lock:
            return bool(self._db.execute("SELECT 1 FROM job WHERE due <= ?", [self.now()]).fetchone())

    def take_job(self) -> tuple[str, str] | None:
        """Take the (action, subject) that is due longest off the list."""
        row = self._db.execute(
            "DELETE FROM job WHERE seq = (SELECT seq FROM job WHERE due <= ? ORDER BY due, seq LIMIT 1) "
            "RETURNING action, subject",
            [self.now()],
        ).fetchone()
        return (row[0], row[1]) if row else None

    def queue_delivery(self, event: str, due: float, *, lost: bool) -> None:
        """Have the event delivered at this time of the sandbox; its first attempt may be lost on the way."""
        self._db.execute("INSERT INTO webhook (event, due, lost) VALUES (?, ?, ?)", [event, due, lost])

    def due_deliveries(self) -> list[tuple[int, str, int, bool]]:
        """Return (number, event, attempts so far, whether this one is lost) whose time has come."""
        with self._lock:
            rows = self._db.execute(
                "SELECT seq, event, attempts, lost FROM webhook WHERE due <= ? ORDER BY due, seq LIMIT 50",
                [self.moment()],
            )
            return [(number, event, attempts, bool(lost)) for number, event, attempts, lost in rows]

    def deliveries_left(self) -> tuple[int, int]:
        """Return how many deliveries are due and how many are still to come in all."""
        with self._lock:
            row = self._db.execute(
                "SELECT COUNT(*) FILTER (WHERE due <= ?), COUNT(*) FROM webhook", [self.moment()]
            ).fetchone()
        return int(row[0]), int(row[1])

    def delivered(self, number: int, event: str) -> None:
        """Take a delivery off the queue; the event counts as delivered."""
        with self.transaction():
            self._db.execute("DELETE FROM webhook WHERE seq = ?", [number])
            self._db.execute("UPDATE object SET body = json_set(body, '$.pending_webhooks', 0) WHERE id = ?", [event])

    def give_up_delivery(self, number: int) -> None:
        """Take a delivery off the queue that failed for good; its event stays undelivered."""
        with self._lock:
            self._db.execute("DELETE FROM webhook WHERE seq = ?", [number])

    def postpone_delivery(self, number: int, seconds: float) -> None:
        """Have another attempt after so many seconds of the sandbox's time."""
        with self._lock:
            self._db.execute(
                "UPDATE webhook SET attempts = attempts + 1, lost = 0, due = ? WHERE seq = ?",
                [self.moment() + seconds, number],
            )


def _condition(equal: dict[str, str], page: Page) -> tuple[str, list[Any]]:
    """Return the SQL that follows the kind and its values; every name in it comes from FILTERS."""
    assert set(equal) <= FILTERS, f"{set(equal) - FILTERS} are not filters of the sandbox"
    where = "".join(f" AND json_extract(body, '$.{name}') = ?" for name in equal)
    values: list[Any] = list(equal.values())
    if page.created:
        where += " AND created BETWEEN ? AND ?"
        values += page.created
    for cursor, sign in ((page.starting_after, "<"), (page.ending_before, ">")):
        if cursor:
            where += f" AND seq {sign} (SELECT seq FROM object WHERE id = ?)"  # noqa: S608 - a sign of ours
            values.append(cursor)
    if page.types:
        where += f" AND json_extract(body, '$.type') IN ({', '.join('?' * len(page.types))})"
        values += page.types
    if page.delivered is not None:
        where += f" AND json_extract(body, '$.pending_webhooks') {'=' if page.delivered else '>'} 0"
    return where, values
