"""Who owns the transaction, and who may call the outside."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from apps.common.seats import seat_left


class TransactionRequired(RuntimeError):
    """A composed service was called outside of its use case's transaction."""


class OutsideCallInTransaction(RuntimeError):
    """Somebody was about to call the outside world while holding a transaction."""


def _in_own_transaction() -> bool:
    blocks = connection.atomic_blocks
    return bool(blocks) and not getattr(blocks[-1], "_from_testcase", False)


def require_transaction() -> None:
    """Assert that a use case's transaction is open.

    Raises: TransactionRequired.
    """
    if not connection.in_atomic_block:
        raise TransactionRequired("Open a transaction first: this service is one step of a use case.")


@contextmanager
def outside_call() -> Iterator[None]:
    """Give the database connection and the purchase's seat back, so that waiting for the outside starves nobody.

    Raises: OutsideCallInTransaction when a transaction is open.
    """
    if _in_own_transaction():
        raise OutsideCallInTransaction("Commit first: never call the outside inside a transaction.")
    if not connection.in_atomic_block:
        connection.close()
    with seat_left():
        yield


def on_owner_role() -> bool:
    """Tell whether this process is connected as the role that owns the tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.pg_has_role(tableowner, 'USAGE') FROM pg_tables WHERE tablename = 'users'")
        row = cursor.fetchone()
    return bool(row and row[0])
