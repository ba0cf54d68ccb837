"""Taking the owner's money into a hold: intent, call, result, never two of them at once.

The first deposit pays the stay; later fundings pay the difference that a change of the booking costs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, InvalidInput, Unavailable
from apps.common.money import Money
from apps.escrow.amounts import Parts
from apps.escrow.models import Funding, Hold
from apps.escrow.services.arrivals import PURPOSE, close, lock_by_payment
from apps.escrow.services.holds import lock_hold
from apps.escrow.states import HoldState
from apps.escrow.types import DepositView
from apps.escrow.views import view_deposit
from apps.payments import services as payments

NO_MONEY_COMES = frozenset({"failed", "cancelled"})


@dataclass(frozen=True)
class _Order:
    """What is to be paid, and by whom. Without a change it is the stay, at the hold's terms."""

    booking_id: str
    payment_method: str
    actor: User
    admit: Callable[[], None]
    change_id: str = ""
    difference: Parts | None = None

    def parts(self, hold: Hold) -> Parts:
        """Return the amount by component."""
        return self.difference or Parts(hold.stay, hold.owner_fee)


def deposit_funds(*, booking_id: str, payment_method: str, actor: User, admit: Callable[[], None]) -> DepositView:
    """Charge the owner for a hold. Safe to repeat: an attempt that is under way is resumed.

    `admit` runs in the transaction that writes the intent, after the hold is locked; what it raises
    stops the deposit before anything happened.
    Raises: Conflict `already_paid` | `payment_in_progress`; Unavailable `payment_unconfirmed` when
    the gateway gave no clear answer (the attempt is then finished in the background).
    """
    return _charge(_Order(booking_id, payment_method, actor, admit))


def add_funding(
    *,
    booking_id: str,
    change_id: str,
    stay: Money,
    owner_fee: Money,
    payment_method: str,
    actor: User,
    admit: Callable[[], None] = lambda: None,
) -> DepositView:
    """Charge the owner what a change of the booking costs more, while the money is held.

    `change_id` names the change: it is paid once, however often and with whatever card this is
    asked. A success that comes when nobody waits for it any more goes back in full.
    Raises: InvalidInput for an amount below zero, of nothing or in another currency; Conflict
    `already_paid` | `payment_in_progress` | `refund_in_progress` | `escrow_frozen` |
    `payment_disputed` | `nothing_held`; Unavailable `payment_unconfirmed`.
    """
    if not change_id.strip() or len(change_id) > 64:
        raise InvalidInput.field("change_id", "must name the change that is paid for, in 1 to 64 characters.")
    return _charge(_Order(booking_id, payment_method, actor, admit, change_id, Parts(stay, owner_fee)))


def cancel_attempts(booking_id: str) -> bool:
    """Cancel what might still bring money for a hold; tell whether nothing can arrive any more.

    False: the money is already there, or the gateway did not confirm; ask again later.
    """
    open_ones = Funding.objects.filter(hold__booking_id=booking_id, closed_at__isnull=True)
    each = [_cancelled(payment_id) for payment_id in open_ones.values_list("payment_id", flat=True)]
    return all(each)


def _charge(order: _Order) -> DepositView:
    payment = payments.execute_payment(_intend(order))
    if payment.status not in {"succeeded", "requires_action", *NO_MONEY_COMES}:
        raise Unavailable(
            "payment_unconfirmed",
            "The payment provider did not answer. Repeat this request in a minute: you will not be charged twice.",
        )
    hold, frozen = Hold.objects.with_freeze(order.booking_id)
    return view_deposit(hold, payment, frozen=frozen)


def _intend(order: _Order) -> str:
    with transaction.atomic(durable=True):
        hold = lock_hold(order.booking_id)
        order.admit()
        (_refuse_change if order.difference else _refuse_first)(hold, order)
        attempt = hold.fundings.pending().first()
        if attempt is None:
            return _new_attempt(hold, order)
        if _same(attempt, order, hold):
            return attempt.payment_id
        rival = attempt.payment_id
    # Another card or amount while one attempt is open: that one must be over before a new one begins.
    if not _cancelled(rival):
        raise Conflict(
            "payment_in_progress",
            "An earlier payment for this booking is still being processed; look again in a minute.",
            transient=True,
        )
    return _intend(order)


def _refuse_first(hold: Hold, order: _Order) -> None:
    if hold.state != HoldState.AWAITING_FUNDS:
        raise _already_paid("This booking is already paid.")


def _refuse_change(hold: Hold, order: _Order) -> None:
    _refuse_amounts(hold, order.parts(hold))
    if hold.fundings.counting().filter(change_id=order.change_id).exists():
        raise _already_paid("This change is already paid.")
    if hold.state == HoldState.REFUNDING:
        raise Conflict("refund_in_progress", "A refund is under way; try again when it is done.", transient=True)
    if hold.state != HoldState.HELD:
        raise Conflict("nothing_held", f"Nothing can be added: {HoldState(hold.state).label.lower()}.")
    if hold.is_frozen():
        raise Conflict("escrow_frozen", "This payment is frozen while a problem is looked into.", transient=True)
    if hold.disputed_at is not None:
        raise Conflict("payment_disputed", "The cardholder disputes this payment.", transient=True)


def _refuse_amounts(hold: Hold, parts: Parts) -> None:
    for name, part in (("stay_minor", parts.stay), ("owner_fee_minor", parts.owner_fee)):
        if part.currency != hold.currency:
            raise InvalidInput.field("currency", f"must be the hold's, {hold.currency}.")
        if part < Money.zero(hold.currency):
            raise InvalidInput.field(name, "must not be below zero: a difference that goes back is a refund.")
        if part.amount_minor % part.step_minor:
            raise InvalidInput.field(name, f"must be a multiple of {part.step_minor}, as cards are charged.")
    if not parts.total:
        raise InvalidInput.field("amount_minor", "must be above zero.")


def _already_paid(sentence: str) -> Conflict:
    # Also the answer to a repeat after a 503, when the sweep found the payment made: not bound to the key.
    return Conflict("already_paid", sentence, transient=True)


def _same(attempt: Funding, order: _Order, hold: Hold) -> bool:
    asked = order.parts(hold)
    return (attempt.change_id, attempt.payment_method, attempt.stay_minor, attempt.owner_fee_minor) == (
        order.change_id,
        order.payment_method,
        asked.stay.amount_minor,
        asked.owner_fee.amount_minor,
    )


def _new_attempt(hold: Hold, order: _Order) -> str:
    parts = order.parts(hold)
    payment = payments.prepare_payment(
        purpose=PURPOSE,
        subject=str(hold.public_id),
        amount=parts.total,
        payment_method=order.payment_method,
        transfer_group=hold.booking_id,
        metadata={"booking": hold.booking_id, "owner": str(order.actor.public_id)},
    )
    Funding.objects.create(
        hold=hold,
        change_id=order.change_id,
        payment_id=payment.id,
        payment_method=order.payment_method,
        stay_minor=parts.stay.amount_minor,
        owner_fee_minor=parts.owner_fee.amount_minor,
    )
    return payment.id


def _cancelled(payment_id: str) -> bool:
    if payments.cancel_payment(payment_id).status not in NO_MONEY_COMES:
        return False
    with transaction.atomic(durable=True):
        funding, _ = lock_by_payment(payment_id)
        close(funding)
    return True
