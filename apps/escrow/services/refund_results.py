"""What is known about a refund's parts: the same for the gateway's answer, webhook, sweep, and for bank transfers."""

from apps.common import events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.escrow import journals
from apps.escrow.amounts import Parts
from apps.escrow.events import HoldRefunded
from apps.escrow.models import Hold, Refund, RefundPart
from apps.escrow.services import claw_back_results
from apps.escrow.services.blockers import block
from apps.escrow.services.holds import lock_hold, move
from apps.escrow.services.losses import end_if_whole, hold_again, is_whole
from apps.escrow.states import Blocker, HoldState, PartStatus
from apps.payments.types import RefundView as GatewayRefund


def settle_success(operation: GatewayRefund) -> None:
    """One part is confirmed. Inside its result transaction."""
    require_transaction()
    part, hold = _lock_by_part(operation.subject)
    if part.status == PartStatus.IN_TRANSIT:
        confirm(hold, part)


def settle_failure(operation: GatewayRefund) -> None:
    """One part was refused, or returned later by the owner's bank. Inside its result transaction."""
    require_transaction()
    part, hold = _lock_by_part(operation.subject)
    if part.status == PartStatus.FAILED:
        return
    how = "returned by the owner's bank" if part.status == PartStatus.PAID else "refused by the gateway"
    undo(hold, part, code=operation.failure_code or "refund_failed", why=f"a refund was {how}")


def confirm(hold: Hold, part: RefundPart) -> None:
    """Take a part that was under way off a locked hold: the owner has it."""
    require_transaction()
    _update(part, status=PartStatus.PAID, settled_at=business_now())
    journals.post_refund(hold, part)
    _count_refunded(hold, part, sign=1)
    _conclude(hold, part.refund)
    _go_on(hold, "refund confirmed")
    if part.refund.claw_back is not None:
        claw_back_results.refund_settled(hold, part.refund.claw_back)


def undo(hold: Hold, part: RefundPart, *, code: str, why: str) -> None:
    """Hold a part's money again that did not go, or came back.

    It is frozen until staff decides: without the freeze the sitter would be paid what was promised to the owner.
    """
    require_transaction()
    returned = part.status == PartStatus.PAID
    instant = {"returned_at" if returned else "settled_at": business_now()}
    _update(part, status=PartStatus.FAILED, failure_code=code, **instant)
    if returned:
        journals.post_refund_returned(part)
        _count_refunded(hold, part, sign=-1)
    hold_again(hold, [(part.funding, Parts.of(part.stay_minor, part.owner_fee_minor, hold.currency))])
    _conclude(hold, part.refund)
    _go_on(hold, "refund refused")
    if hold.state == HoldState.REFUNDED and not is_whole(hold):
        move(hold, HoldState.HELD, actor=None, reason="refund returned")
    end_if_whole(hold)
    if part.refund.claw_back is not None:
        claw_back_results.refund_settled(hold, part.refund.claw_back)
    if is_whole(hold):
        return  # what came back paid for what the owner has through the bank: nothing is the owner's any more
    block(hold, Blocker.FREEZE, actor=None, reason=why)


def _conclude(hold: Hold, refund: Refund) -> None:
    """Give a refund the status that its parts have together, and tell when all have their answer."""
    parts = list(refund.parts.order_by("id"))
    if any(part.status == PartStatus.IN_TRANSIT for part in parts):
        return
    paid = [part for part in parts if part.status == PartStatus.PAID]
    status = Refund.Status.PARTIAL if paid else Refund.Status.FAILED
    if len(paid) == len(parts):
        status = Refund.Status.PAID
    code = next((part.failure_code for part in parts if part.failure_code), "")
    first = refund.status == Refund.Status.IN_TRANSIT
    Refund.objects.filter(pk=refund.pk).update(status=status, failure_code=code, settled_at=business_now())
    if first and paid:
        events.publish(
            HoldRefunded(
                hold_id=str(hold.public_id),
                booking_id=hold.booking_id,
                amount_minor=sum(part.stay_minor + part.owner_fee_minor for part in paid),
                currency=refund.currency,
                whole=is_whole(hold),
            )
        )


def _go_on(hold: Hold, reason: str) -> None:
    """Leave `refunding` when the last part has its answer: to the end, or to where the hold stood."""
    if hold.state != HoldState.REFUNDING:
        return
    if RefundPart.objects.filter(refund__hold=hold, status=PartStatus.IN_TRANSIT).exists():
        return
    next_state = HoldState.REFUNDED if is_whole(hold) else HoldState(hold.resume_state)
    move(hold, next_state, actor=None, reason=reason, resume_state="")


def _count_refunded(hold: Hold, part: RefundPart, *, sign: int) -> None:
    hold.stay_refunded_minor += sign * part.stay_minor
    hold.owner_fee_refunded_minor += sign * part.owner_fee_minor
    hold.save(update_fields=["stay_refunded_minor", "owner_fee_refunded_minor"])


def _update(part: RefundPart, **fields: object) -> None:
    for name, value in fields.items():
        setattr(part, name, value)
    part.save(update_fields=list(fields))


def _lock_by_part(public_id: str) -> tuple[RefundPart, Hold]:
    part = RefundPart.objects.select_related("refund__hold", "funding").get(public_id=public_id)
    hold = lock_hold(part.refund.hold.booking_id)
    part.refresh_from_db(fields=["status"])
    part.refund.refresh_from_db(fields=["status"])
    return part, hold
