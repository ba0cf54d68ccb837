"""Giving money back to the owner, by component, out of what is held; any number of refunds at once."""

from django.db import transaction
from django.db.models import F

from apps.accounts.models import User
from apps.common import audit
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, InvalidInput
from apps.common.money import Money
from apps.escrow.amounts import Parts, share_refund
from apps.escrow.models import ClawBack, Hold, Refund, RefundPart
from apps.escrow.services.holds import lock_hold, move
from apps.escrow.services.losses import charged_back
from apps.escrow.services.shares import fundings_of, left_in, take
from apps.escrow.states import PAID_OUT, HoldState, PartStatus
from apps.escrow.types import RefundView
from apps.escrow.views import view_refund
from apps.payments import services as payments

PURPOSE = "escrow_refund"

_REFUNDABLE = frozenset({HoldState.HELD, HoldState.RELEASE_DUE, HoldState.REFUNDING})
# A refund that the owner's bank returned after the payout is the owner's still.
REFUNDABLE_AGAIN = _REFUNDABLE | PAID_OUT | {HoldState.CLAWING_BACK}
# What a reversal could not bring is put in by us: only what was refunded already limits these.
_BEYOND_TRANSFERS = frozenset({HoldState.CLAWING_BACK, HoldState.CLAWED_BACK, HoldState.CLAWBACK_SHORT})
_WHY_NOT = {
    HoldState.RELEASING: "payout_in_progress",
    HoldState.RELEASED: "already_paid_out",
    HoldState.REFUNDED: "already_refunded",
}


def refund(*, booking_id: str, stay: Money, owner_fee: Money, reason: str, actor: User | None) -> RefundView:
    """Refund parts of a hold and wait for the gateway's answer.

    Raises: as `prepare_refund`.
    """
    with transaction.atomic(durable=True):
        view = prepare_refund(booking_id=booking_id, parts=Parts(stay, owner_fee), reason=reason, actor=actor)
    return execute_refund(view.id)


def refund_again(*, booking_id: str, actor: User, reason: str) -> RefundView:
    """Send what was refused or returned of a hold's oldest such refund once more; the freeze stays.

    Raises: InvalidInput without a reason; Conflict `no_refused_refund`, and as `prepare_refund`.
    """
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why: it goes into the record.")
    with transaction.atomic(durable=True):
        hold = lock_hold(booking_id)
        first, waiting = oldest_refused(hold)
        parts = sum((part.waits for part in waiting), start=Parts.of(0, 0, hold.currency))
        refuse_unrefundable(hold, parts, REFUNDABLE_AGAIN)
        row = begin_refund(hold, parts, reason=first.reason, actor=actor, claw_back=first.claw_back)
        RefundPart.objects.filter(pk__in=[part.pk for part in waiting]).update(
            sent_again_at=business_now(),
            stay_again_minor=F("stay_minor"),
            owner_fee_again_minor=F("owner_fee_minor"),
        )
        audit.record(actor, "escrow.refund_again", f"hold:{hold.public_id}", reason=reason, booking=booking_id)
    return execute_refund(str(row.public_id))


def prepare_refund(*, booking_id: str, parts: Parts, reason: str, actor: User | None) -> RefundView:
    """Write the intent of a refund in the caller's transaction; `execute_refund` follows it.

    What is on its way back already is not left any more: refunds at the same time are possible, and
    together never exceed what was paid.
    Raises: Conflict `payout_in_progress` | `already_paid_out` | `refund_in_progress` (which takes all
    that was left) | `already_refunded` | `nothing_to_refund` | `payment_disputed` (refunding a
    disputed charge loses the money twice); InvalidInput for an amount of nothing or above what is left.
    """
    hold = lock_hold(booking_id)
    refuse_unrefundable(hold, parts, _REFUNDABLE)
    return view_refund(begin_refund(hold, parts, reason=reason, actor=actor))


def prepare_full_refund(*, booking_id: str, reason: str, actor: User | None) -> RefundView:
    """Write the intent to give everything back that is left.

    Raises: as `prepare_refund`.
    """
    hold = lock_hold(booking_id)
    parts = Parts(hold.stay_left, hold.owner_fee_left)
    return prepare_refund(booking_id=booking_id, parts=parts, reason=reason, actor=actor)


def begin_refund(
    hold: Hold, parts: Parts, *, reason: str, actor: User | None, claw_back: ClawBack | None = None
) -> Refund:
    """Write the intent of a refund that is within what a locked hold has left, one part a funding.

    The newest funding gives first, one that a bank took back in part last. Held money moves to `refunding`;
    another state stays as it is.
    """
    require_transaction()
    row = Refund.objects.create(
        hold=hold,
        currency=hold.currency,
        stay_minor=parts.stay.amount_minor,
        owner_fee_minor=parts.owner_fee.amount_minor,
        reason=reason,
        actor=actor,
        claw_back=claw_back,
    )
    gone = charged_back(hold)
    fundings = sorted(fundings_of(hold), key=lambda funding: funding.pk not in gone)
    shares = share_refund(parts, [left_in(hold, funding) for funding in fundings])
    taken = [(funding, share) for funding, share in zip(fundings, shares, strict=True) if share.total]
    take(hold, taken)
    for funding, share in taken:
        part = RefundPart(
            refund=row,
            funding=funding,
            stay_minor=share.stay.amount_minor,
            owner_fee_minor=share.owner_fee.amount_minor,
        )
        operation = payments.prepare_refund(
            payment_id=funding.payment_id,
            purpose=PURPOSE,
            subject=str(part.public_id),
            amount=share.total,
            reason=reason,
            beyond_transfers=hold.state in _BEYOND_TRANSFERS,
        )
        part.gateway_refund_id = operation.id
        part.save(force_insert=True)
    if hold.state in {HoldState.HELD, HoldState.RELEASE_DUE}:
        move(hold, HoldState.REFUNDING, actor=actor, reason=reason, resume_state=hold.state)
    return row


def execute_refund(refund_id: str) -> RefundView:
    """Ask the gateway for a refund that was prepared. Safe to repeat.

    When the gateway is down the refund stays under way; the payments app finishes it.
    """
    row = Refund.objects.get(public_id=refund_id)
    for part in row.parts.order_by("id"):
        if part.gateway_refund_id:
            payments.execute_refund(part.gateway_refund_id)
    return view_refund(Refund.objects.select_related("hold").get(pk=row.pk))


def oldest_refused(hold: Hold) -> tuple[Refund, list[RefundPart]]:
    """Return a hold's oldest refund that failed, with its parts that wait for another way.

    Raises: Conflict `no_refused_refund`.
    """
    waiting = RefundPart.objects.filter(refund__hold=hold, status=PartStatus.FAILED, sent_again_at__isnull=True)
    parts = list(waiting.select_related("refund", "funding").order_by("refund_id", "id"))
    if not parts:
        raise Conflict("no_refused_refund", "No refund of this payment waits to be sent again.")
    return parts[0].refund, [part for part in parts if part.refund_id == parts[0].refund_id]


def refuse_unrefundable(hold: Hold, parts: Parts, states: frozenset[HoldState]) -> None:
    """Refuse parts that a locked hold cannot give back now; `states` are those that allow it.

    Raises: as `prepare_refund`.
    """
    if hold.state not in states:
        code = _WHY_NOT.get(HoldState(hold.state), "nothing_to_refund")
        raise Conflict(
            code,
            f"This payment cannot be refunded: {HoldState(hold.state).label.lower()}.",
            transient=hold.state == HoldState.RELEASING,
        )
    if hold.disputed_at is not None:
        raise Conflict("payment_disputed", "A disputed payment is decided by the card's bank.")
    left = Parts(hold.stay_left, hold.owner_fee_left)
    if hold.state == HoldState.REFUNDING and not left.total:
        raise Conflict("refund_in_progress", "Everything is on its way back already.", transient=True)
    for name, part, limit in (
        ("stay_minor", parts.stay, left.stay),
        ("owner_fee_minor", parts.owner_fee, left.owner_fee),
    ):
        if not Money.zero(hold.currency) <= part <= limit:
            raise InvalidInput.field(name, f"must be between 0 and what is left: {limit}.")
        if part != limit and part.amount_minor % part.step_minor:
            raise InvalidInput.field(name, f"must be a multiple of {part.step_minor}, as cards are refunded.")
    if not parts.total:
        raise InvalidInput.field("amount_minor", "must be above zero.")
