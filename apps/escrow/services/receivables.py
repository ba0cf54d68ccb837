"""What sitters owe us: opened by a claw back that came up short, kept from later payouts, or written off."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import F

from apps.accounts.models import User
from apps.common import audit
from apps.common.db import require_transaction
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.escrow import corrections
from apps.escrow.models import ClawBackPart, Hold, Receivable, ReceivableChange, ReleasePart
from apps.escrow.types import ReceivableView
from apps.escrow.views import view_receivable

_Kind = ReceivableChange.Kind


def owe(hold: Hold, part: ClawBackPart) -> None:
    """Open the debt of a claw back's part that came up short; the ledger is told by the caller."""
    require_transaction()
    short = part.sitter_minor - part.reversed_minor
    if short:
        debt = Receivable.objects.create(
            payee_user_id=hold.payee_user_id,
            claw_back_part=part,
            currency=hold.currency,
            amount_minor=short,
            open_minor=0,
        )
        _change(debt, _Kind.OPENED, short, actor=part.claw_back.actor, reason=part.claw_back.reason)


def lock_open(payees: Collection[int]) -> list[Receivable]:
    """Lock what these people owe, always in the same order, until the transaction ends.

    Two payouts to one sitter so settle one debt one after the other; the second sees what is left.
    """
    require_transaction()
    return list(Receivable.objects.open().filter(payee_user_id__in=payees).select_for_update(no_key=True))


def owed(debts: Iterable[Receivable], currency: str) -> Money:
    """Return what is still owed in a currency."""
    return Money(sum(debt.open_minor for debt in debts if debt.currency == currency), currency)


def keep(debts: Iterable[Receivable], parts: Iterable[ReleasePart], currency: str) -> None:
    """Settle locked debts, oldest first, with what a payout's parts keep for them."""
    waiting = [debt for debt in debts if debt.currency == currency]
    for part in parts:
        left = part.offset_minor
        for debt in waiting:
            step = min(left, debt.open_minor)
            if step:
                _change(debt, _Kind.OFFSET, -step, release_part=part)
                left -= step
        assert not left, "a payout keeps no more than is owed"


def give_up(part: ReleasePart) -> None:
    """A part of a payout was refused: what it kept is owed again."""
    require_transaction()
    kept = ReceivableChange.objects.filter(release_part=part, kind=_Kind.OFFSET)
    locked = Receivable.objects.select_for_update(no_key=True)
    for debt in list(locked.filter(pk__in=kept.values("receivable")).order_by("id")):
        amount = -kept.get(receivable=debt).amount_minor
        _change(debt, _Kind.OFFSET_UNDONE, amount, release_part=part)


def write_off(*, receivable_id: str, reason: str, actor: User) -> ReceivableView:
    """Give up what is still owed of one debt, at our cost.

    Raises: NotFound; InvalidInput without a reason; Conflict `nothing_owed`.
    """
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why: it goes into the record.")
    with transaction.atomic(durable=True):
        locked = Receivable.objects.select_for_update(no_key=True, of=("self",)).select_related("payee_user")
        key = parse_public_id(receivable_id)
        debt = locked.filter(public_id=key).first() if key else None
        if debt is None:
            raise NotFound
        if not debt.open_minor:
            raise Conflict("nothing_owed", "Nothing is owed of this debt any more.")
        change = _change(debt, _Kind.WRITTEN_OFF, -debt.open_minor, actor=actor, reason=reason)
        corrections.post_written_off(str(debt.payee_user.public_id), change)
        audit.record(actor, "escrow.write_off", f"receivable:{debt.public_id}", reason=reason)
        return view_receivable(debt)


def _change(
    debt: Receivable,
    kind: ReceivableChange.Kind,
    amount: int,
    *,
    release_part: ReleasePart | None = None,
    actor: User | None = None,
    reason: str = "",
) -> ReceivableChange:
    Receivable.objects.filter(pk=debt.pk).update(open_minor=F("open_minor") + amount)
    debt.open_minor += amount
    return ReceivableChange.objects.create(
        receivable=debt, kind=kind, amount_minor=amount, release_part=release_part, actor=actor, reason=reason
    )
