"""Posting: the only way in. Journals are never edited; a correction is a journal of its own."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, NotFound
from apps.common.ids import uuid7
from apps.ledger import selectors
from apps.ledger.chart import kind_of
from apps.ledger.models import Account, Entry
from apps.ledger.types import AccountRef, JournalView, Leg, net

_INSERT_JOURNAL = """
INSERT INTO ledger_journal
    (public_id, idempotency_key, kind, currency, effective_at, reverses_id)
VALUES (%s, %s, %s, %s, %s, (SELECT id FROM ledger_journal WHERE public_id = %s))
ON CONFLICT (idempotency_key) DO NOTHING RETURNING id
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
    netted = net(legs)
    currency = netted[0].amount.currency
    at = effective_at or business_now()
    try:
        with transaction.atomic():
            journal = _insert_journal(kind, key, currency, at, reverses)
            if journal is None:
                return _same_journal(key, kind, netted)
            journal_pk, public_id = journal
            _insert_entries(journal_pk, netted, at)
    except IntegrityError as error:
        if "ledger_balance_not_negative" not in str(error):
            raise
        raise Conflict(
            "balance_exceeded",
            "More would leave the held money than is in it; nothing was moved.",
            {"kind": kind, "key": key},
        ) from error
    return JournalView(
        id=public_id,
        key=key,
        kind=kind,
        currency=currency,
        effective_at=at,
        legs=netted,
        reverses=reverses.id if reverses else None,
    )


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


def _insert_journal(
    kind: str, key: str, currency: str, at: datetime, reverses: JournalView | None
) -> tuple[int, str] | None:
    public_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT_JOURNAL,
            [public_id, key, kind, currency, at, reverses.id if reverses else None],
        )
        row = cursor.fetchone()
    return (row[0], str(public_id)) if row else None


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


def _insert_entries(journal_pk: int, legs: tuple[Leg, ...], at: datetime) -> None:
    currency = legs[0].amount.currency
    accounts = _accounts([leg.account for leg in legs], currency)
    Entry.objects.bulk_create(
        Entry(
            journal_id=journal_pk,
            account_id=accounts[leg.account],
            currency=currency,
            amount_minor=leg.amount.amount_minor,
            effective_at=at,
        )
        for leg in legs
    )


def _accounts(refs: list[AccountRef], currency: str) -> dict[AccountRef, int]:
    """Return the accounts' keys, opening those that do not exist yet."""
    found = _existing(refs, currency)
    missing = [ref for ref in refs if ref not in found]
    if missing:
        Account.objects.bulk_create(
            (
                Account(
                    kind=ref.kind,
                    owner=ref.owner,
                    currency=currency,
                    side=kind_of(ref.kind).side,
                    guarded=kind_of(ref.kind).guarded,
                )
                for ref in missing
            ),
            ignore_conflicts=True,
        )
        found = _existing(refs, currency)
    return found


def _existing(refs: list[AccountRef], currency: str) -> dict[AccountRef, int]:
    rows = Account.objects.filter(
        currency=currency,
        kind__in={ref.kind for ref in refs},
        owner__in={ref.owner for ref in refs},
    ).values_list("kind", "owner", "pk")
    return {AccountRef(kind, owner): pk for kind, owner, pk in rows}
