"""What our own rows say, read by plain SQL: the run must not believe the code that it tries."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

_HOLDS = """
SELECT booking_id, state, currency, frozen_at IS NOT NULL FROM escrow_hold
"""
_RELEASED = """
SELECT h.booking_id, sum(p.payout_minor), sum(p.sitter_fee_minor), sum(p.owner_fee_minor), count(*)
FROM escrow_release_part p JOIN escrow_release r ON r.id = p.release_id JOIN escrow_hold h ON h.id = r.hold_id
WHERE p.status = 'paid' GROUP BY 1
"""
_REFUNDED = """
SELECT h.booking_id, sum(p.stay_minor), sum(p.owner_fee_minor), count(DISTINCT r.id)
FROM escrow_refund_part p JOIN escrow_refund r ON r.id = p.refund_id JOIN escrow_hold h ON h.id = r.hold_id
WHERE p.status = 'paid' GROUP BY 1
"""
_HELD = """
SELECT a.owner, -sum(e.amount_minor) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
WHERE a.kind IN ('escrow', 'owner_fee_deferred') GROUP BY 1
"""
_PAID_IN = """
SELECT a.owner, -sum(e.amount_minor) FROM ledger_entry e
JOIN ledger_account a ON a.id = e.account_id JOIN ledger_journal j ON j.id = e.journal_id
WHERE a.kind IN ('escrow', 'owner_fee_deferred') AND j.kind = 'escrow.capture' GROUP BY 1
"""
_SYSTEM = """
SELECT a.kind, e.currency, sum(e.amount_minor) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
WHERE a.kind IN ('stripe_clearing', 'transfer_in_flight') GROUP BY 1, 2
"""
_OPEN = """
SELECT (SELECT count(*) FROM payments_operation WHERE status IN ('prepared', 'sent', 'unknown')),
       (SELECT count(*) FROM payments_webhook_event WHERE status IN ('received', 'parked')),
       (SELECT count(*) FROM payments_webhook_event WHERE status = 'unmatched'),
       (SELECT count(*) FROM common_outbox_event WHERE delivered_at IS NULL)
"""
_IN_DOUBT = """
SELECT count(*) FROM payments_operation WHERE status IN ('sent', 'unknown') AND sent_at IS NOT NULL
"""
_CUT = """
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM (
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND usename = %s AND backend_type = 'client backend'
    ORDER BY state = 'idle', query_start DESC LIMIT %s) AS victims
"""


@dataclass
class Ours:
    """One booking's money by our rows, in minor units."""

    state: str = "absent"
    frozen: bool = False
    payout: int = 0
    sitter_fee: int = 0
    owner_fee: int = 0
    release_parts: int = 0
    refunded_stay: int = 0
    refunded_fee: int = 0
    refunds: int = 0
    paid_in: int = 0
    still_held: int = 0


@dataclass
class OpenEnds:
    """What is not finished: outside calls, the inbox, what it gave up, the outbox."""

    operations: int
    inbox: int
    unmatched: int
    outbox: int


@dataclass
class Books:
    """All bookings, and the system's accounts as (kind, currency) -> signed minor units, debit positive."""

    bookings: dict[str, Ours] = field(default_factory=lambda: defaultdict(Ours))
    system: dict[tuple[str, str], int] = field(default_factory=dict)


class OurDatabase:
    """A connection of the conductor's own."""

    def __init__(self, owner_url: str, app: str) -> None:
        self._url, self._app = owner_url, app

    def states(self) -> dict[str, int]:
        """Return how many holds are in each state."""
        return dict(self._all("SELECT state, count(*) FROM escrow_hold GROUP BY 1"))

    def open_ends(self) -> OpenEnds:
        """Return what is not finished."""
        return OpenEnds(*self._all(_OPEN)[0])

    def in_doubt(self) -> int:
        """Return how many outside calls were sent and have no known result."""
        return int(self._all(_IN_DOUBT)[0][0])

    def cut(self, count: int) -> int:
        """End so many sessions of the application, working ones first; return how many ended."""
        return int(self._all(_CUT, self._app, count)[0][0])

    def books(self) -> Books:
        """Read everything."""
        found = Books()
        for booking, state, _, frozen in self._all(_HOLDS):
            found.bookings[booking] = Ours(state=state, frozen=frozen)
        for booking, payout, sitter_fee, owner_fee, parts in self._all(_RELEASED):
            ours = found.bookings[booking]
            ours.payout, ours.sitter_fee, ours.owner_fee = int(payout), int(sitter_fee), int(owner_fee)
            ours.release_parts = parts
        for booking, stay, fee, count in self._all(_REFUNDED):
            ours = found.bookings[booking]
            ours.refunded_stay, ours.refunded_fee, ours.refunds = int(stay), int(fee), count
        for booking, held in self._all(_HELD):
            found.bookings[booking].still_held = int(held)
        for booking, paid in self._all(_PAID_IN):
            found.bookings[booking].paid_in = int(paid)
        found.system = {(kind, currency): int(total) for kind, currency, total in self._all(_SYSTEM)}
        return found

    def _all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, autocommit=True) as connection:
            return connection.execute(sql.SQL(query), values).fetchall()
