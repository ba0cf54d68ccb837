"""What follows when a reversal or the refund after it has its answer: the same for answer, webhook and sweep."""

from django.db import transaction

from apps.common import events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import DomainError
from apps.escrow import corrections
from apps.escrow.amounts import Parts
from apps.escrow.events import PayoutClawedBack
from apps.escrow.models import ClawBack, ClawBackPart, Hold, RefundPart
from apps.escrow.services import receivables
from apps.escrow.services.holds import lock_hold, move
from apps.escrow.services.losses import charged_back, hold_again
from apps.escrow.services.refunds import begin_refund
from apps.escrow.services.shares import fundings_of, left_in
from apps.escrow.states import HoldState, PartStatus
from apps.payments.types import ReversalView

REFUND_REASON = "claw_back"
_Status = ClawBack.Status


def settle(reversal: ReversalView) -> None:
    """A reversal brought what it could, or nothing. Inside its result transaction."""
    require_transaction()
    part, hold = _lock_by_part(reversal.subject)
    if part.status != PartStatus.IN_TRANSIT:
        return
    settle_part(hold, part, came=reversal.reversed.amount_minor, code=reversal.failure_code)
    carry_on(hold, ClawBack.objects.get(pk=part.claw_back_id))


def settle_part(hold: Hold, part: ClawBackPart, *, came: int, code: str = "") -> None:
    """Book one part of a claw back: `came` minor units came back, the rest is the sitter's debt."""
    require_transaction()
    part.status = PartStatus.PAID if came or not part.reversal_id else PartStatus.FAILED
    part.reversed_minor, part.failure_code, part.settled_at = came, code[:80], business_now()
    part.save(update_fields=["status", "reversed_minor", "failure_code", "settled_at"])
    whole = part.claw_back
    whole.reversed_minor += came
    whole.save(update_fields=["reversed_minor"])
    receivables.owe(hold, part)
    if whole.aim == ClawBack.Aim.RECOVERY:
        corrections.post_recovered(hold, part)
        return
    corrections.post_clawed_back(hold, part)
    back = Parts.of(part.stay_minor, part.owner_fee_minor, hold.currency)
    hold_again(hold, [(part.release_part.funding, back)])


def carry_on(hold: Hold, row: ClawBack) -> None:
    """Take the next step of a claw back on a locked hold, if there is one to take now."""
    require_transaction()
    if row.status == _Status.REFUNDING:
        _end_if_taken(hold, row)
    if row.status not in {_Status.REVERSING, _Status.REVERSED}:
        return
    if row.parts.filter(status=PartStatus.IN_TRANSIT).exists():
        return
    if row.aim == ClawBack.Aim.RECOVERY:
        _finish(hold, row)
    else:
        _refund(hold, row)


def refund_settled(hold: Hold, row: ClawBack) -> None:
    """A refund of a claw back has an answer: done when all of it arrived, else it waits for staff."""
    require_transaction()
    row.refresh_from_db()
    if row.status != _Status.REFUNDING:
        return
    parts = RefundPart.objects.filter(refund__claw_back=row)
    if parts.filter(status=PartStatus.IN_TRANSIT).exists():
        return
    refused = parts.filter(status=PartStatus.FAILED, sent_again_at__isnull=True).first()
    if refused is None:
        _finish(hold, row)
    else:
        _note(row, _Status.REFUNDING, refused.failure_code)


def _refund(hold: Hold, row: ClawBack) -> None:
    """Begin the refund, in the transaction that booked the last reversal; a dispute makes it wait.

    A dispute lost meanwhile may have given the owner some of it: what is still held, and can go back, does.
    """
    left = _refundable(hold)
    stay, fee = min(row.stay_minor, left.stay.amount_minor), min(row.owner_fee_minor, left.owner_fee.amount_minor)
    if not stay and not fee:
        _finish(hold, row)
        return
    if hold.disputed_at is not None:
        _note(row, _Status.REVERSED, "payment_disputed")
        return
    try:
        with transaction.atomic():
            parts = Parts.of(stay, fee, hold.currency)
            begin_refund(hold, parts, reason=REFUND_REASON, actor=row.actor, claw_back=row)
    except DomainError as refusal:
        # The books keep the reversal; the sweep asks again, and staff sees why it waits.
        hold.refresh_from_db()
        _note(row, _Status.REVERSED, refusal.code)
    else:
        _note(row, _Status.REFUNDING, "")


def _end_if_taken(hold: Hold, row: ClawBack) -> None:
    """End a claw back whose refund was refused, and whose money a lost dispute gave the owner since."""
    parts = RefundPart.objects.filter(refund__claw_back=row)
    waiting = parts.filter(status=PartStatus.FAILED, sent_again_at__isnull=True)
    under_way = parts.filter(status=PartStatus.IN_TRANSIT)
    if waiting.exists() and not under_way.exists() and not _refundable(hold).total:
        _finish(hold, row)


def _refundable(hold: Hold) -> Parts:
    """Return what is held of payments that the gateway still refunds: not of one that a bank took back in part."""
    gone, total = charged_back(hold), Parts.of(0, 0, hold.currency)
    for funding in fundings_of(hold):
        if funding.pk not in gone:
            total += left_in(hold, funding)
    return total


def _finish(hold: Hold, row: ClawBack) -> None:
    row.settled_at = business_now()
    _note(row, _Status.DONE, "")
    short = any(done.short_minor for done in hold.claw_backs.all())
    end = HoldState.CLAWBACK_SHORT if short else HoldState.CLAWED_BACK
    move(hold, end, actor=None, reason="claw back done")
    events.publish(
        PayoutClawedBack(
            hold_id=str(hold.public_id),
            booking_id=hold.booking_id,
            amount_minor=row.sitter_minor,
            reversed_minor=row.reversed_minor,
            currency=row.currency,
        )
    )


def _note(row: ClawBack, status: ClawBack.Status, problem: str) -> None:
    row.status, row.last_problem = status, problem[:80]
    row.save(update_fields=["status", "last_problem", "settled_at"])


def _lock_by_part(public_id: str) -> tuple[ClawBackPart, Hold]:
    found = ClawBackPart.objects.select_related("claw_back__hold").get(public_id=public_id)
    hold = lock_hold(found.claw_back.hold.booking_id)
    part = ClawBackPart.objects.select_related("claw_back", "release_part__funding").get(pk=found.pk)
    return part, hold
