"""Posting journals of three legs: against django-hordak, and against the bare SQL of the same rows."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import psycopg

from bench.database import Addresses
from bench.figures import Figure, unmeasured
from bench.peers import PeerUnavailableError, peer
from bench.rounds import Side, Size, Times, interleaved

TIMES_HORDAK = 5.0
OF_BARE_SQL = 0.7
_NAME = "journals of three legs, one a transaction"
_JOURNAL = """
INSERT INTO ledger_journal (public_id, idempotency_key, kind, currency, effective_at)
VALUES (%s, %s, %s, 'USD', %s) RETURNING id
"""
_ENTRIES = """
INSERT INTO ledger_entry (journal_id, account_id, currency, amount_minor, effective_at)
VALUES (%s, %s, 'USD', %s, %s), (%s, %s, 'USD', %s, %s), (%s, %s, 'USD', %s, %s)
"""


def measure(addresses: Addresses, size: Size) -> list[Figure]:
    """Return both figures. A capture into two guarded accounts is posted; all sides reuse their accounts."""
    items, rounds = size.of(400, 5), size.of(9, 1)
    with ExitStack() as stack:
        sides: dict[str, Side] = {
            "service": _timed(_service(), items),
            "sql": _timed(stack.enter_context(_bare_sql(addresses)), items),
        }
        missing = ""
        if not size.smoke:
            try:
                other = stack.enter_context(peer("hordak_posting", addresses.another("hordak")))
                other.run(1)
                sides["hordak"] = lambda _: other.run(items)
            except PeerUnavailableError as error:
                missing = str(error)
        times = interleaved(sides, rounds)
    return [_against_hordak(times, items, missing), _against_sql(times, items)]


def _against_hordak(times: Times, items: int, missing: str) -> Figure:
    target = f"≥ {TIMES_HORDAK:g} x"
    if "hordak" not in times.seconds:
        return unmeasured(_NAME, target, f"django-hordak: {missing or 'left out of a smoke run'}")
    ratio = times.ratio("service", "hordak")
    against = f"django-hordak {times.rate('hordak', items):,.0f}/s"
    return Figure(_NAME, f"{times.rate('service', items):,.0f}/s", against, ratio, target, ratio >= TIMES_HORDAK)


def _against_sql(times: Times, items: int) -> Figure:
    ratio = times.ratio("service", "sql")
    against = f"the same rows in bare SQL {times.rate('sql', items):,.0f}/s"
    measured = f"{times.rate('service', items):,.0f}/s"
    return Figure(_NAME, measured, against, ratio, f"≥ {OF_BARE_SQL:g} x", ratio >= OF_BARE_SQL)


def _timed(one: Callable[[], None], items: int) -> Side:
    def side(_round: int) -> float:
        started = time.perf_counter()
        for _ in range(items):
            one()
        return time.perf_counter() - started

    return side


def _service() -> Callable[[], None]:
    from django.db import transaction

    from apps.common.money import Money
    from apps.ledger import services
    from apps.ledger.types import AccountRef, credit, debit

    number = itertools.count()
    total, stay, fee = Money(11_000, "USD"), Money(10_000, "USD"), Money(1_000, "USD")

    def post() -> None:
        with transaction.atomic():
            services.post(
                kind="escrow.capture",
                key=f"bench-service-{next(number)}",
                legs=[
                    debit(AccountRef("stripe_clearing"), total),
                    credit(AccountRef("escrow", "bench-service"), stay),
                    credit(AccountRef("owner_fee_deferred", "bench-service"), fee),
                ],
            )

    return post


@contextmanager
def _bare_sql(addresses: Addresses) -> Iterator[Callable[[], None]]:
    """Two inserts through psycopg, which prepares them; the keys of the accounts are known beforehand."""
    from apps.common.ids import uuid7

    number = itertools.count()
    with psycopg.connect(addresses.app) as connection:
        clearing, escrow, fee = (_account(connection, *account) for account in _ACCOUNTS)
        connection.commit()

        def post() -> None:
            at = datetime.now(UTC)
            with connection.transaction():
                values = [uuid7(), f"bench-sql-{next(number)}", "escrow.capture", at]
                row = connection.execute(_JOURNAL, values).fetchone()
                assert row is not None
                legs = [(clearing, 11_000), (escrow, -10_000), (fee, -1_000)]
                connection.execute(_ENTRIES, [value for leg in legs for value in (row[0], *leg, at)])

        yield post


_ACCOUNTS = [
    ("stripe_clearing", "", 1, False),
    ("escrow", "bench-sql", -1, True),
    ("owner_fee_deferred", "bench-sql", -1, True),
]


def _account(connection: psycopg.Connection, kind: str, owner: str, side: int, guarded: bool) -> int:
    connection.execute(
        "INSERT INTO ledger_account (kind, owner, currency, side, guarded, opened_at)"
        " VALUES (%s, %s, 'USD', %s, %s, now()) ON CONFLICT DO NOTHING",
        [kind, owner, side, guarded],
    )
    row = connection.execute(
        "SELECT id FROM ledger_account WHERE kind = %s AND owner = %s AND currency = 'USD'", [kind, owner]
    ).fetchone()
    assert row is not None
    return int(row[0])
