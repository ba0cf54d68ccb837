"""One account's balance as of an instant, without adding up from its first entry.

A guarded account's present balance stands in its row. Accounts of the whole company have totals of days
up to the last cut; to these come the entries of the asked day, and those written after the cut, which
may lie in any day. Accounts with an owner have a handful of entries, which are added up.
"""

from datetime import UTC, datetime, time
from typing import Any

from django.db import connection
from django.db.models import Sum

from apps.ledger.models import Account, Balance, Cut, Entry

# The cut's number is given as a constant, so that the planner sees how few entries come after it.
_FROM_DAYS = """
WITH later AS MATERIALIZED (
    SELECT account_id, amount_minor, effective_at FROM ledger_entry WHERE id > %(up_to)s
)
SELECT
    coalesce((SELECT sum(total_minor) FROM ledger_day_total
              WHERE account_id = %(account)s AND cut_id <= %(cut)s AND (%(day)s::date IS NULL OR day < %(day)s)), 0)
  + coalesce((SELECT sum(amount_minor) FROM ledger_entry
              WHERE account_id = %(account)s AND effective_at >= %(morning)s AND effective_at <= %(as_of)s
                AND id <= %(up_to)s), 0)
  + coalesce((SELECT sum(amount_minor) FROM later
              WHERE account_id = %(account)s AND (%(as_of)s::timestamptz IS NULL OR effective_at <= %(as_of)s)), 0)
"""


def signed(kind: str, owner: str, currency: str, as_of: datetime | None) -> int:
    """Return the sum of the account's entries up to and including `as_of`, debit positive, in minor units."""
    account = Account.objects.filter(kind=kind, owner=owner, currency=currency).first()
    if account is None:
        return 0
    if account.guarded and as_of is None:
        return account.side * Balance.objects.get(pk=account.pk).balance_minor
    cut = None if owner else Cut.objects.order_by("-id").first()
    return _from_entries(account, as_of) if cut is None else _from_days(account, cut, as_of)


def _from_entries(account: Account, as_of: datetime | None) -> int:
    entries = Entry.objects.filter(account=account)
    if as_of is not None:
        entries = entries.filter(effective_at__lte=as_of)
    return int(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)


def _from_days(account: Account, cut: Cut, as_of: datetime | None) -> int:
    day = as_of.astimezone(UTC).date() if as_of else None
    values: dict[str, Any] = {
        "account": account.pk,
        "cut": cut.pk,
        "up_to": cut.up_to_entry,
        "as_of": as_of,
        "day": day,
        "morning": datetime.combine(day, time.min, UTC) if day else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FROM_DAYS, values)
        (total,) = cursor.fetchone()
    return int(total)
