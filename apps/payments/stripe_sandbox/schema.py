"""The tables of the sandbox's store, and how an older store grows into them."""

import json
import sqlite3

VERSION = 2

_TABLES = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL, owner TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS funds (
    owner TEXT NOT NULL, currency TEXT NOT NULL, available_on INTEGER NOT NULL, net INTEGER NOT NULL,
    PRIMARY KEY (owner, currency, available_on)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL,
    created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS webhook (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL, lost INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS object_page ON object (kind, owner, seq);
CREATE INDEX IF NOT EXISTS object_age ON object (kind, owner, created);
CREATE INDEX IF NOT EXISTS object_group ON object (kind, json_extract(body, '$.transfer_group'));
CREATE INDEX IF NOT EXISTS object_intent ON object (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS object_source_transaction ON object
    (kind, json_extract(body, '$.source_transaction'));
CREATE INDEX IF NOT EXISTS object_charge ON object (kind, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS object_origin ON object (kind, json_extract(body, '$.source'));
CREATE INDEX IF NOT EXISTS object_transfer ON object (kind, json_extract(body, '$.transfer'));
CREATE INDEX IF NOT EXISTS idempotency_age ON idempotency (created);
CREATE INDEX IF NOT EXISTS webhook_due ON webhook (due);
CREATE INDEX IF NOT EXISTS job_due ON job (due);
"""


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables, and bring an older store up to them without losing anything it holds."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    older = version < VERSION and bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'object'").fetchone())
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    if older:
        db.execute("ALTER TABLE object ADD COLUMN owner TEXT NOT NULL DEFAULT ''")
    db.executescript(_TABLES + _INDEXES)
    if older:
        _move(db)
    db.execute(f"PRAGMA user_version = {VERSION}")


def _move(db: sqlite3.Connection) -> None:
    """Fill the tables of version 2 from the rows of version 1."""
    db.execute("INSERT INTO webhook (event, attempts, due) SELECT event, attempts, due FROM delivery")
    db.execute("DROP TABLE delivery")
    for (body,) in db.execute("SELECT body FROM object WHERE kind = 'balance_transaction'").fetchall():
        row = json.loads(body)
        add_funds(db, "", row["currency"], row["available_on"], row["net"])


def add_funds(db: sqlite3.Connection, owner: str, currency: str, available_on: int, net: int) -> None:
    """Count money that moved on an account's balance."""
    db.execute(
        "INSERT INTO funds (owner, currency, available_on, net) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (owner, currency, available_on) DO UPDATE SET net = net + excluded.net",
        [owner, currency, available_on, net],
    )
