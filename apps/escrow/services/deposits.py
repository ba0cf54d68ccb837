"""Taking the owner's payment into a hold: intent, call, result, never two of them at once."""

import logging
from collections.abc import Callable

from django.db import transaction

from apps.accounts.models import User
from apps.common import events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, Unavailable
from apps.escrow import journals, listeners
from apps.escrow.events import DepositFailed, FundsHeld
from apps.escrow.models import Funding, Hold
from apps.escrow.services.blockers import block
from apps.escrow.services.holds import lock_hold, move
from apps.escrow.states import Blocker, HoldState
from apps.escrow.types import DepositView
from apps.escrow.views import view_hold
from apps.payments import services as payments
from apps.payments.types import PaymentView, RefundView

logger = logging.getLogger(__name__)

PURPOSE = "escrow_deposit"
SURPLUS_PURPOSE = "escrow_surplus"
NO_MONEY_COMES = frozenset({"failed", "cancelled"})
_UNPAID = frozenset({HoldState.AWAITING_FUNDS, HoldState.VOID})


def deposit_funds(*, booking_id: str, payment_method: str, actor: User, admit: Callable[[], None]) -> DepositView:
    """Charge the owner for a hold. Safe to repeat: an attempt that is under way is resumed.

    `admit` runs in the transaction that writes the intent, after the hold is locked; what it raises
    stops the deposit before anything happened.
    Raises: Conflict `already_paid` | `payment_in_progress`; Unavailable `payment_unconfirmed` when
    the gateway gave no clear answer (the attempt is then finished in the background).
    """
    payment_id = _intend(booking_id, payment_method, actor, admit)
    payment = payments.execute_payment(payment_id)
    if payment.status not in {"succeeded", "requires_action", *NO_MONEY_COMES}:
        raise Unavailable(
            "payment_unconfirmed",
            "The payment provider did not answer. Repeat this request in a minute: you will not be charged twice.",
        )
    return _outcome(booking_id, payment)


def cancel_attempts(booking_id: str) -> bool:
    """Cancel what might still bring money for a hold; tell whether nothing can arrive any more.

    False: the money is already there, or the gateway did not confirm; ask again later.
    """
    open_ones = Funding.objects.filter(hold__booking_id=booking_id, closed_at__isnull=True).values_list(
        "payment_id", flat=True
    )
    return all(_cancelled(payment_id) for payment_id in list(open_ones))


def settle_success(payment: PaymentView) -> None:
    """The payment arrived: post it and move the hold. Inside the payment's result transaction."""
    require_transaction()
    funding, hold = _lock_by_payment(payment.id)
    if funding.captured_at is not None:
        return
    surplus = hold.state not in _UNPAID
    Funding.objects.filter(pk=funding.pk).update(captured_at=business_now(), closed_at=None, surplus=surplus)
    if surplus:
        _give_back_surplus(hold, funding, payment)
        return
    journals.post_capture(hold, funding)
    view = move(hold, HoldState.HELD, actor=None, reason="payment succeeded")
    events.publish(
        FundsHeld(
            hold_id=view.id,
            booking_id=view.booking_id,
            amount_minor=view.total.amount_minor,
            currency=view.total.currency,
        )
    )
    listeners.tell_funded(view)


def settle_surplus_returned(refund: RefundView) -> None:
    """A second payment of one hold went back. Inside the refund's result transaction."""
    require_transaction()
    funding, _ = _lock_by_payment(refund.subject)
    journals.post_surplus_returned(funding)


def settle_surplus_kept(refund: RefundView) -> None:
    """A second payment could not go back, or came back. Inside the refund's result transaction.

    It is the owner's: the freeze shows staff that somebody has to give it back another way.
    """
    require_transaction()
    funding, hold = _lock_by_payment(refund.subject)
    journals.post_surplus_back(funding)
    block(hold, Blocker.FREEZE, actor=None, reason="a second payment could not go back to the owner")


def settle_failure(payment: PaymentView) -> None:
    """The payment was refused or cancelled: close the attempt. Inside its result transaction."""
    require_transaction()
    funding, hold = _lock_by_payment(payment.id)
    if not _close(funding):
        return
    events.publish(
        DepositFailed(
            hold_id=str(hold.public_id),
            booking_id=hold.booking_id,
            failure_code=payment.failure_code or payment.status,
        )
    )


def _give_back_surplus(hold: Hold, funding: Funding, payment: PaymentView) -> None:
    """An attempt that was given up brought money after another had paid: all of it goes back."""
    journals.post_surplus(hold, funding)
    payments.prepare_refund(
        payment_id=payment.id,
        purpose=SURPLUS_PURPOSE,
        subject=payment.id,
        amount=payment.amount,
        reason="paid_twice",
    )
    logger.warning("a hold was paid twice", extra={"hold": str(hold.public_id), "payment": payment.id})


def _intend(booking_id: str, payment_method: str, actor: User, admit: Callable[[], None]) -> str:
    with transaction.atomic(durable=True):
        hold = lock_hold(booking_id)
        admit()
        if hold.state != HoldState.AWAITING_FUNDS:
            raise Conflict("already_paid", "This booking is already paid.")
        attempt = hold.fundings.filter(closed_at__isnull=True).first()
        if attempt is None:
            return _new_attempt(hold, payment_method, actor)
        if attempt.payment_method == payment_method:
            return attempt.payment_id
        rival = attempt.payment_id
    # Another card while one attempt is open: that one must be over before a new one begins.
    if not _cancelled(rival):
        raise Conflict(
            "payment_in_progress",
            "An earlier payment for this booking is still being processed; look again in a minute.",
        )
    return _intend(booking_id, payment_method, actor, admit)


def _new_attempt(hold: Hold, payment_method: str, actor: User) -> str:
    payment = payments.prepare_payment(
        purpose=PURPOSE,
        subject=str(hold.public_id),
        amount=hold.stay + hold.owner_fee,
        payment_method=payment_method,
        transfer_group=hold.booking_id,
        metadata={"booking": hold.booking_id, "owner": str(actor.public_id)},
    )
    Funding.objects.create(hold=hold, payment_id=payment.id, payment_method=payment_method)
    return payment.id


def _cancelled(payment_id: str) -> bool:
    if payments.cancel_payment(payment_id).status not in NO_MONEY_COMES:
        return False
    with transaction.atomic(durable=True):
        funding, _ = _lock_by_payment(payment_id)
        _close(funding)
    return True


def _close(funding: Funding) -> bool:
    open_ones = Funding.objects.filter(pk=funding.pk, captured_at__isnull=True, closed_at__isnull=True)
    return open_ones.update(closed_at=business_now()) == 1


def _lock_by_payment(payment_id: str) -> tuple[Funding, Hold]:
    funding = Funding.objects.select_related("hold").get(payment_id=payment_id)
    hold = lock_hold(funding.hold.booking_id)
    funding.refresh_from_db(fields=["captured_at", "closed_at"])
    return funding, hold


def _outcome(booking_id: str, payment: PaymentView) -> DepositView:
    hold = Hold.objects.get(booking_id=booking_id)
    return DepositView(
        hold=view_hold(hold),
        payment_id=payment.id,
        payment_status=payment.status,
        failure_code=payment.failure_code or "",
        failure_message=payment.failure_message or "",
        client_secret=payment.client_secret if payment.status == "requires_action" else None,
    )
