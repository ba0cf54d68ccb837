"""Posting: the only way in. Journals are never edited; a correction is a journal of its own."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, NotFound
from apps.common.ids import uuid7
from apps.ledger import selectors
from apps.ledger.chart import kind_of
from apps.ledger.types import JournalView, Leg, Posting, net

_POST = (
    "SELECT ledger_post(%s::uuid, %s, %s, %s, %s::timestamptz, %s::uuid,"
    " %s::text[], %s::text[], %s::integer[], %s::boolean[], %s::bigint[])"
)
CUT_SECONDS = 200  # less than the task's own limit, which would leave the statement running
_POST_ALL = """
SELECT ledger_post(public_id, key, kind, currency, effective_at, reverses, kinds, owners, sides, guarded, amounts)
FROM ROWS FROM (jsonb_to_recordset(%s::jsonb) AS (
    public_id uuid, key text, kind text, currency text, effective_at timestamptz, reverses uuid,
    kinds text[], owners text[], sides integer[], guarded boolean[], amounts bigint[]))
"""


def post(
    *,
    kind: str,
    key: str,
    legs: Iterable[Leg],
    effective_at: datetime | None = None,
    reverses: JournalView | None = None,
) -> JournalView:
    """Post one journal inside the caller's transaction; the same key again returns the first.

    Legs on one account are added up and legs of zero are left out. `effective_at` is the business
    instant (now, if omitted).

    Raises: ValueError for legs that do not balance; Conflict `journal_key_reused` when the key
    stands for other legs; Conflict `balance_exceeded` when more would leave a guarded account
    than is in it.
    """
    require_transaction()
    view = _journal(kind, key, legs, effective_at or business_now(), reverses)
    return _settle(view, _write(view))


def post_all(postings: Sequence[Posting], *, effective_at: datetime | None = None) -> list[JournalView]:
    """Post several journals in one round trip, in this order and each by the rules of `post`, all or none.

    Raises: as `post`, for the first that is refused; the caller's transaction is then undone by the caller.
    """
    require_transaction()
    at = effective_at or business_now()
    views = [_journal(posting.kind, posting.key, posting.legs, at, None) for posting in postings]
    return [_settle(view, outcome) for view, outcome in zip(views, _write_all(views), strict=True)]


def reverse(*, key: str, reason_kind: str = "", effective_at: datetime | None = None) -> JournalView:
    """Post the exact opposite of the journal under `key`, once; again returns the first reversal.

    Raises: NotFound `journal_not_found`; Conflict `balance_exceeded` when its money has moved on.
    """
    original = selectors.journal_by_key(key)
    if original is None:
        raise NotFound("journal_not_found", "No journal was posted under this key.", {"key": key})
    return post(
        kind=reason_kind or f"{original.kind}.reversal",
        key=f"reverse:{key}",
        legs=[Leg(leg.account, -leg.amount) for leg in original.legs],
        effective_at=effective_at,
        reverses=original,
    )


def cut() -> bool:
    """Make the entries that are final count by the day; tell whether there was anything to do.

    Balances are the same before and after; they are read faster. Nothing is done while another session
    does it, or while a transaction runs longer than five seconds: the next cut does it. The first cut of old books
    reads every entry, and one that gave up would find as many again: it may take longer than a request's statement.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{CUT_SECONDS}s'")
        cursor.execute("INSERT INTO ledger_cut (up_to_entry, made_at) VALUES (0, now())")
        return bool(cursor.rowcount)


def _journal(
    kind: str, key: str, legs: Iterable[Leg], effective_at: datetime, reverses: JournalView | None
) -> JournalView:
    netted = net(legs)
    return JournalView(
        id=str(uuid7()),
        key=key,
        kind=kind,
        currency=netted[0].amount.currency,
        effective_at=effective_at,
        legs=netted,
        reverses=reverses.id if reverses else None,
    )


def _settle(view: JournalView, outcome: str) -> JournalView:
    """Return what stands in the ledger, or raise what the outcome means."""
    if outcome == "exceeded":
        raise Conflict(
            "balance_exceeded",
            "More would leave the held money than is in it; nothing was moved.",
            {"kind": view.kind, "key": view.key},
        )
    return view if outcome == "posted" else _same_journal(view.key, view.kind, view.legs)


def _write(journal: JournalView) -> str:
    """Write it in one round trip; return `posted`, `known` (the key is taken) or `exceeded`."""
    with connection.cursor() as cursor:
        cursor.execute(_POST, [_text(value) for value in _columns(journal).values()])
        (outcome,) = cursor.fetchone()
    return str(outcome)


def _write_all(journals: Sequence[JournalView]) -> list[str]:
    """Write them in one round trip; return the outcome of each."""
    if not journals:
        return []
    rows = [{**_columns(journal), "effective_at": journal.effective_at.isoformat()} for journal in journals]
    with connection.cursor() as cursor:
        cursor.execute(_POST_ALL, [json.dumps(rows)])
        return [str(outcome) for (outcome,) in cursor.fetchall()]


def _columns(journal: JournalView) -> dict[str, Any]:
    """Return the arguments of `ledger_post`, in its order."""
    kinds = [kind_of(leg.account.kind) for leg in journal.legs]
    return {
        "public_id": journal.id,
        "key": journal.key,
        "kind": journal.kind,
        "currency": journal.currency,
        "effective_at": journal.effective_at,
        "reverses": journal.reverses,
        "kinds": [kind.name for kind in kinds],
        "owners": [leg.account.owner for leg in journal.legs],
        "sides": [kind.side for kind in kinds],
        "guarded": [kind.guarded for kind in kinds],
        "amounts": [leg.amount.amount_minor for leg in journal.legs],
    }


def _text(value: Any) -> Any:
    """Return a list as PostgreSQL writes an array: cheaper than letting the driver find out what is in it."""
    return "{" + ",".join(map(_element, value)) + "}" if isinstance(value, list) else value


def _element(value: str | int) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def _same_journal(key: str, kind: str, legs: tuple[Leg, ...]) -> JournalView:
    existing = selectors.journal_by_key(key)
    assert existing is not None, "the conflicting journal is committed, and journals never go"
    if existing.kind != kind or existing.legs != legs:
        raise Conflict(
            "journal_key_reused",
            "This key already stands for another journal; a new fact needs a key of its own.",
            {"key": key},
        )
    return existing
