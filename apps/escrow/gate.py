"""The gate between claims of payouts and wide freezes.

A claim passes the gate in its transaction before it looks for freezes; placing a freeze of a sitter or of
everything closes it. Whoever passed first has committed before the freeze does, and whoever comes later sees
the freeze: Postgres reads each statement afresh. A freeze of one booking needs none: it has the hold's lock.
"""

from django.db import connection

from apps.common.db import require_transaction

_GATE = 0x657363726F77  # any number that no other advisory lock of this database uses
_RUN = _GATE + 1


def pass_gate() -> None:
    """Keep wide freezes out until the transaction ends; take it before any row's lock."""
    _lock("SELECT pg_advisory_xact_lock_shared(%s)", _GATE)


def close_gate() -> None:
    """Wait for the claims that passed, keep others out until the transaction ends. Then take no hold's lock."""
    _lock("SELECT pg_advisory_xact_lock(%s)", _GATE)


def one_run_at_a_time() -> None:
    """Let one payout run claim at a time, so that two do not spend the same money; sending is not covered."""
    _lock("SELECT pg_advisory_xact_lock(%s)", _RUN)


def _lock(sql: str, key: int) -> None:
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
