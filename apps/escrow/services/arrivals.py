"""What the gateway says about an owner's payment: the money is held, or it goes back in full."""

import logging

from django.db import transaction
from django.db.models import F

from apps.accounts.models import User
from apps.common import audit, events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, InvalidInput
from apps.escrow import journals, listeners
from apps.escrow.events import DepositFailed, FundsAdded, FundsHeld
from apps.escrow.models import Funding, Hold
from apps.escrow.services.blockers import block
from apps.escrow.services.holds import lock_hold, move_untold, moved
from apps.escrow.states import FUNDED, Blocker, HoldState
from apps.payments import selectors as payments_q
from apps.payments import services as payments
from apps.payments.types import PaymentView, RefundView

logger = logging.getLogger(__name__)

PURPOSE = "escrow_deposit"
SURPLUS_PURPOSE = "escrow_surplus"
_UNPAID = frozenset({HoldState.AWAITING_FUNDS, HoldState.VOID})


def settle_success(payment: PaymentView) -> None:
    """The payment arrived: hold it, or send it back. Inside the payment's result transaction."""
    require_transaction()
    funding, hold = lock_by_payment(payment.id)
    if funding.captured_at is not None:
        return
    serves = _serves_change(hold, funding) if funding.change_id else hold.state in _UNPAID
    left = {"stay_left_minor": funding.stay_minor, "owner_fee_left_minor": funding.owner_fee_minor} if serves else {}
    Funding.objects.filter(pk=funding.pk).update(captured_at=business_now(), closed_at=None, surplus=not serves, **left)
    if not serves:
        _give_back_surplus(hold, funding, payment)
        return
    journals.post_capture(hold, funding)
    if funding.change_id:
        _add(hold, funding)
    else:
        _hold_first(hold, funding)


def settle_failure(payment: PaymentView) -> None:
    """The payment was refused or cancelled: close the attempt. Inside its result transaction."""
    require_transaction()
    funding, hold = lock_by_payment(payment.id)
    if not close(funding):
        return
    events.publish(
        DepositFailed(
            hold_id=str(hold.public_id),
            booking_id=hold.booking_id,
            failure_code=payment.failure_code or payment.status,
        )
    )


def settle_surplus_returned(refund: RefundView) -> None:
    """Money that the hold had no use for went back. Inside the refund's result transaction."""
    require_transaction()
    funding, hold = lock_by_payment(refund.subject)
    journals.post_surplus_returned(hold, funding, refund.id)


def settle_surplus_kept(refund: RefundView) -> None:
    """A second payment could not go back, or came back. Inside the refund's result transaction.

    It is the owner's: the freeze shows staff that somebody has to give it back another way.
    """
    require_transaction()
    funding, hold = lock_by_payment(refund.subject)
    journals.post_surplus_back(funding, refund.id)
    block(hold, Blocker.FREEZE, actor=None, reason="a second payment could not go back to the owner")


def surplus_again(*, booking_id: str, actor: User, reason: str) -> None:
    """Send payments that a hold had no use for back once more, after the gateway or the bank refused them.

    The freeze stays until it is lifted.
    Raises: InvalidInput without a reason; Conflict `no_refused_surplus`; as `payments.prepare_refund`.
    """
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why: it goes into the record.")
    with transaction.atomic(durable=True):
        hold = lock_hold(booking_id)
        kept = [funding for funding in hold.fundings.filter(surplus=True).order_by("id") if _is_kept(funding)]
        if not kept:
            raise Conflict("no_refused_surplus", "No payment of this booking waits to be sent back again.")
        refunds = [_prepare_surplus(payments_q.payment(funding.payment_id)) for funding in kept]
        audit.record(actor, "escrow.surplus_again", f"hold:{hold.public_id}", reason=reason, booking=booking_id)
    for refund in refunds:
        payments.execute_refund(refund.id)


def lies_unused(funding: Funding) -> bool:
    """Tell whether a payment that the hold had no use for lies beside the stay's money."""
    return not any(refund.status == "succeeded" for refund in payments_q.refunds_of(funding.payment_id))


def close(funding: Funding) -> bool:
    """Close an attempt that brought nothing; tell whether it was open."""
    open_ones = Funding.objects.filter(pk=funding.pk, captured_at__isnull=True, closed_at__isnull=True)
    return open_ones.update(closed_at=business_now()) == 1


def lock_by_payment(payment_id: str) -> tuple[Funding, Hold]:
    """Return an attempt and its hold, which is locked until the transaction ends."""
    require_transaction()
    # The attempt is read once its hold is locked: what it brought or has left may have changed while we waited.
    hold = Hold.objects.select_for_update(of=("self",)).get(fundings__payment_id=payment_id)
    return hold.fundings.get(payment_id=payment_id), hold


def _serves_change(hold: Hold, funding: Funding) -> bool:
    """Tell whether the difference is still needed: held money, not paid by another attempt, still wanted."""
    if hold.state not in FUNDED or hold.fundings.counting().filter(change_id=funding.change_id).exists():
        return False
    return listeners.ask_wanted(moved(hold), funding.change_id)


def _hold_first(hold: Hold, funding: Funding) -> None:
    move_untold(
        hold,
        HoldState.HELD,
        actor=None,
        reason="payment succeeded",
        stay_left_minor=funding.stay_minor,
        owner_fee_left_minor=funding.owner_fee_minor,
    )
    events.publish(
        FundsHeld(
            hold_id=str(hold.public_id),
            booking_id=hold.booking_id,
            amount_minor=hold.stay_minor + hold.owner_fee_minor,
            currency=hold.currency,
        )
    )
    listeners.tell_funded(moved(hold))


def _add(hold: Hold, funding: Funding) -> None:
    """The hold's totals are the sum of what was captured for it."""
    stay, fee = funding.stay_minor, funding.owner_fee_minor
    Hold.objects.filter(pk=hold.pk).update(
        stay_minor=F("stay_minor") + stay,
        stay_left_minor=F("stay_left_minor") + stay,
        owner_fee_minor=F("owner_fee_minor") + fee,
        owner_fee_left_minor=F("owner_fee_left_minor") + fee,
    )
    events.publish(
        FundsAdded(
            hold_id=str(hold.public_id),
            booking_id=hold.booking_id,
            change_id=funding.change_id,
            amount_minor=stay + fee,
            currency=hold.currency,
        )
    )


def _give_back_surplus(hold: Hold, funding: Funding, payment: PaymentView) -> None:
    """Money came that the hold has no use for (paid twice, or too late): all of it goes back."""
    journals.post_surplus(hold, funding)
    _prepare_surplus(payment)
    logger.warning("a payment is not needed", extra={"hold": str(hold.public_id), "payment": payment.id})


def _prepare_surplus(payment: PaymentView) -> RefundView:
    return payments.prepare_refund(
        payment_id=payment.id,
        purpose=SURPLUS_PURPOSE,
        subject=payment.id,
        amount=payment.amount,
        reason="not_needed",
    )


def _is_kept(funding: Funding) -> bool:
    """Tell whether every attempt to send a payment back has failed, and no bank has taken it back."""
    charged_back = funding.disputes.filter(status="lost").exists()
    return not charged_back and all(refund.status == "failed" for refund in payments_q.refunds_of(funding.payment_id))
