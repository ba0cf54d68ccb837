"""What is left of a hold, funding by funding: promised once, given back when the promise fails.

The hold's row is locked by whoever calls; the conditional UPDATE and the table's own checks hold
even so.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection
from django.db.models import F

from apps.common.db import require_transaction
from apps.common.errors import Conflict
from apps.escrow.amounts import Parts
from apps.escrow.models import Funding, Hold

Share = tuple[Funding, Parts]
_TAKE = """
UPDATE {table} AS mine
SET stay_left_minor = mine.stay_left_minor - taken.stay, owner_fee_left_minor = mine.owner_fee_left_minor - taken.fee
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS taken (id, stay, fee)
WHERE mine.id = taken.id AND mine.stay_left_minor >= taken.stay AND mine.owner_fee_left_minor >= taken.fee
"""


def fundings_of(hold: Hold) -> list[Funding]:
    """Return the fundings whose money belongs to the hold, oldest first."""
    return list(hold.fundings.counting())


def left_in(hold: Hold, funding: Funding) -> Parts:
    """Return what a funding holds and nobody is promised."""
    return Parts.of(funding.stay_left_minor, funding.owner_fee_left_minor, hold.currency)


def take(hold: Hold, shares: Iterable[Share]) -> None:
    """Promise shares of a locked hold's fundings to somebody.

    Raises: Conflict `balance_exceeded` for more than a funding has left.
    """
    _change(hold, shares, sign=-1)


def take_all(shares: Mapping[int, Sequence[Share]]) -> None:
    """Promise shares of several locked holds' fundings, by the hold's key, as `take` does; all or none.

    The rows in memory stay as they were read.
    Raises: Conflict `balance_exceeded` when one has less left.
    """
    require_transaction()
    of_fundings = [(funding.pk, parts) for each in shares.values() for funding, parts in each]
    of_holds = [(pk, _sum(parts for _, parts in each)) for pk, each in shares.items()]
    for rows, taken in ((Funding, of_fundings), (Hold, of_holds)):
        _take_left(rows, taken)


def give_back(hold: Hold, shares: Iterable[Share]) -> None:
    """Take a promise back: the shares are held again."""
    _change(hold, shares, sign=1)


def _change(hold: Hold, shares: Iterable[Share], *, sign: int) -> None:
    require_transaction()
    stay, fee = 0, 0
    for funding, parts in shares:
        stay_part, fee_part = sign * parts.stay.amount_minor, sign * parts.owner_fee.amount_minor
        _move_left(Funding, funding.pk, stay_part, fee_part)
        funding.stay_left_minor += stay_part
        funding.owner_fee_left_minor += fee_part
        stay, fee = stay + stay_part, fee + fee_part
    if stay or fee:
        _move_left(Hold, hold.pk, stay, fee)
    hold.stay_left_minor += stay
    hold.owner_fee_left_minor += fee


def _sum(parts: Iterable[Parts]) -> Parts:
    first, *others = parts
    return sum(others, first)


def _take_left(rows: type[Funding] | type[Hold], taken: Sequence[tuple[int, Parts]]) -> None:
    values = [
        [pk for pk, _ in taken],
        [parts.stay.amount_minor for _, parts in taken],
        [parts.owner_fee.amount_minor for _, parts in taken],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(table=connection.ops.quote_name(rows._meta.db_table)), values)
        if cursor.rowcount != len(taken):
            raise Conflict("balance_exceeded", "More was to be taken than is left; nothing was moved.")


def _move_left(rows: type[Funding] | type[Hold], pk: int, stay: int, fee: int) -> None:
    enough = rows._default_manager.filter(pk=pk, stay_left_minor__gte=-stay, owner_fee_left_minor__gte=-fee)
    moved = enough.update(
        stay_left_minor=F("stay_left_minor") + stay, owner_fee_left_minor=F("owner_fee_left_minor") + fee
    )
    if not moved:
        raise Conflict("balance_exceeded", "More was to be taken than is left; nothing was moved.")
