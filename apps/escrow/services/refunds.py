"""Giving money back to the owner, by component, out of what is held."""

from dataclasses import dataclass

from django.db import transaction

from apps.accounts.models import User
from apps.common import audit, events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, InvalidInput
from apps.common.money import Money
from apps.escrow import journals
from apps.escrow.events import HoldRefunded
from apps.escrow.models import Funding, Hold, Refund
from apps.escrow.services.blockers import block
from apps.escrow.services.holds import lock_hold, move
from apps.escrow.states import Blocker, HoldState
from apps.escrow.types import RefundView
from apps.escrow.views import view_refund
from apps.payments import services as payments
from apps.payments.types import RefundView as GatewayRefund

PURPOSE = "escrow_refund"

_REFUNDABLE = frozenset({HoldState.HELD, HoldState.RELEASE_DUE})
_WHY_NOT = {
    HoldState.RELEASING: "payout_in_progress",
    HoldState.RELEASED: "already_paid_out",
    HoldState.REFUNDING: "refund_in_progress",
    HoldState.REFUNDED: "already_refunded",
}


@dataclass(frozen=True)
class Parts:
    """What goes back, by component."""

    stay: Money
    owner_fee: Money

    @property
    def total(self) -> Money:
        """What the owner sees on the card's statement."""
        return self.stay + self.owner_fee


def refund(*, booking_id: str, stay: Money, owner_fee: Money, reason: str, actor: User | None) -> RefundView:
    """Refund parts of a hold and wait for the gateway's answer.

    Raises: as `prepare_refund`.
    """
    with transaction.atomic(durable=True):
        view = prepare_refund(booking_id=booking_id, parts=Parts(stay, owner_fee), reason=reason, actor=actor)
    return execute_refund(view.id)


def refund_again(*, booking_id: str, actor: User, reason: str) -> RefundView:
    """Send a hold's latest refund once more after it was refused or returned; the freeze stays.

    Raises: InvalidInput without a reason; Conflict `no_refused_refund`, and as `prepare_refund`.
    """
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why: it goes into the record.")
    with transaction.atomic(durable=True):
        hold = lock_hold(booking_id)
        last = hold.refunds.order_by("id").last()
        if last is None or last.status != Refund.Status.FAILED:
            raise Conflict("no_refused_refund", "No refund of this payment waits to be sent again.")
        parts = Parts(Money(last.stay_minor, last.currency), Money(last.owner_fee_minor, last.currency))
        view = prepare_refund(booking_id=booking_id, parts=parts, reason=last.reason, actor=actor)
        audit.record(actor, "escrow.refund_again", f"hold:{hold.public_id}", reason=reason, booking=booking_id)
    return execute_refund(view.id)


def prepare_refund(*, booking_id: str, parts: Parts, reason: str, actor: User | None) -> RefundView:
    """Write the intent of a refund in the caller's transaction; `execute_refund` follows it.

    Raises: Conflict `payout_in_progress` | `already_paid_out` | `refund_in_progress` |
    `already_refunded` | `nothing_to_refund` | `payment_disputed` (refunding a disputed charge loses
    the money twice); InvalidInput for an amount of nothing or above what is left.
    """
    hold = lock_hold(booking_id)
    _refuse(hold, parts)
    funding = Funding.objects.get(hold=hold, captured_at__isnull=False, surplus=False)
    row = Refund(
        hold=hold,
        currency=hold.currency,
        stay_minor=parts.stay.amount_minor,
        owner_fee_minor=parts.owner_fee.amount_minor,
        reason=reason,
        actor=actor,
    )
    operation = payments.prepare_refund(
        payment_id=funding.payment_id,
        purpose=PURPOSE,
        subject=str(row.public_id),
        amount=parts.total,
        reason=reason,
    )
    row.refund_id = operation.id
    row.save(force_insert=True)
    move(hold, HoldState.REFUNDING, actor=actor, reason=reason, resume_state=hold.state)
    return view_refund(row)


def prepare_full_refund(*, booking_id: str, reason: str, actor: User | None) -> RefundView:
    """Write the intent to give everything back that is left.

    Raises: as `prepare_refund`.
    """
    hold = lock_hold(booking_id)
    parts = Parts(hold.stay_left, hold.owner_fee_left)
    return prepare_refund(booking_id=booking_id, parts=parts, reason=reason, actor=actor)


def execute_refund(refund_id: str) -> RefundView:
    """Ask the gateway for a refund that was prepared. Safe to repeat.

    When the gateway is down the refund stays under way; the payments app finishes it.
    """
    row = Refund.objects.get(public_id=refund_id)
    payments.execute_refund(row.refund_id)
    return view_refund(Refund.objects.select_related("hold").get(pk=row.pk))


def settle_success(operation: GatewayRefund) -> None:
    """The refund is confirmed. Inside its result transaction."""
    require_transaction()
    row, hold = _lock_by_refund(operation.subject)
    if row.status != Refund.Status.IN_TRANSIT:
        return
    _close(row, Refund.Status.PAID)
    journals.post_refund(hold, row)
    stay = hold.stay_refunded_minor + row.stay_minor
    fee = hold.owner_fee_refunded_minor + row.owner_fee_minor
    whole = (stay, fee) == (hold.stay_minor, hold.owner_fee_minor)
    move(
        hold,
        HoldState.REFUNDED if whole else HoldState(hold.resume_state),
        actor=None,
        reason="refund confirmed",
        resume_state="",
        stay_refunded_minor=stay,
        owner_fee_refunded_minor=fee,
    )
    events.publish(
        HoldRefunded(
            hold_id=str(hold.public_id),
            booking_id=hold.booking_id,
            amount_minor=row.stay_minor + row.owner_fee_minor,
            currency=row.currency,
            whole=whole,
        )
    )


def settle_failure(operation: GatewayRefund) -> None:
    """The refund was refused, or returned later by the owner's bank. Inside its result transaction.

    The money is held, and frozen until staff decides: without the freeze the sitter would be paid
    what was promised to the owner.
    """
    require_transaction()
    row, hold = _lock_by_refund(operation.subject)
    if row.status == Refund.Status.FAILED:
        return
    returned = row.status == Refund.Status.PAID
    _close(row, Refund.Status.FAILED, operation.failure_code or "refund_failed")
    if returned:
        _take_back(hold, row)
    else:
        back_to = HoldState(hold.resume_state)
        move(hold, back_to, actor=None, reason="refund refused", resume_state="")
    why = "returned by the owner's bank" if returned else "refused by the gateway"
    block(hold, Blocker.FREEZE, actor=None, reason=f"a refund was {why}")


def _take_back(hold: Hold, row: Refund) -> None:
    """Hold a returned refund again; after a payout it lies in escrow until staff decides."""
    journals.post_refund_returned(row)
    hold.stay_refunded_minor -= row.stay_minor
    hold.owner_fee_refunded_minor -= row.owner_fee_minor
    hold.save(update_fields=["stay_refunded_minor", "owner_fee_refunded_minor"])
    if hold.state == HoldState.REFUNDED:
        move(hold, HoldState.HELD, actor=None, reason="refund returned")


def _refuse(hold: Hold, parts: Parts) -> None:
    if hold.state not in _REFUNDABLE:
        code = _WHY_NOT.get(HoldState(hold.state), "nothing_to_refund")
        raise Conflict(code, f"This payment cannot be refunded: {HoldState(hold.state).label.lower()}.")
    if hold.disputed_at is not None:
        raise Conflict("payment_disputed", "A disputed payment is decided by the card's bank.")
    for name, part, left in (
        ("stay_minor", parts.stay, hold.stay_left),
        ("owner_fee_minor", parts.owner_fee, hold.owner_fee_left),
    ):
        if not Money.zero(hold.currency) <= part <= left:
            raise InvalidInput.field(name, f"must be between 0 and what is left: {left}.")
    if not parts.total:
        raise InvalidInput.field("amount_minor", "must be above zero.")


def _close(row: Refund, status: Refund.Status, code: str = "") -> None:
    Refund.objects.filter(pk=row.pk).update(status=status, failure_code=code, settled_at=business_now())


def _lock_by_refund(public_id: str) -> tuple[Refund, Hold]:
    row = Refund.objects.select_related("hold").get(public_id=public_id)
    hold = lock_hold(row.hold.booking_id)
    row.refresh_from_db(fields=["status"])
    return row, hold
