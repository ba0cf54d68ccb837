"""Taking money back from a sitter after the payout: for the owner, or for a dispute that was lost.

The transfers are reversed first, then the owner is refunded. What the sitter's account does not hold
is put in by us and owed by the sitter.
"""

import logging
from collections.abc import Sequence

from django.db import transaction

from apps.accounts.models import User
from apps.common import audit
from apps.common.errors import Conflict, InvalidInput
from apps.common.money import Money
from apps.escrow.amounts import Parts
from apps.escrow.clawing import Share, share_claw_back, share_recovery
from apps.escrow.models import ClawBack, ClawBackPart, Dispute, Hold, Refund, ReleasePart
from apps.escrow.services import claw_back_results, standings
from apps.escrow.services.holds import lock_hold, move
from apps.escrow.services.refunds import execute_refund
from apps.escrow.services.standings import Paid
from apps.escrow.states import HoldState, PartStatus
from apps.escrow.types import ClawBackView
from apps.escrow.views import view_claw_back
from apps.payments import services as payments

logger = logging.getLogger(__name__)

PURPOSE = "escrow_claw_back"


def claw_back(*, booking_id: str, stay: Money, owner_fee: Money, reason: str, actor: User) -> ClawBackView:
    """Refund an owner after the payout, by component; the sitter gives back what was earned on that part.

    Waits for the gateway; what gets no answer is finished in the background. May be repeated for the rest.
    Raises: InvalidInput without a reason, for nothing, or beyond what the payout still stands for;
    Conflict `claw_back_in_progress` | `not_paid_out` | `payment_disputed` (it would be lost twice) |
    `charged_back` (the bank gave the owner the money; recover it instead) | `refund_exceeds_payment`.
    """
    _require_reason(reason)
    wanted = Parts(stay, owner_fee)
    with transaction.atomic(durable=True):
        hold = lock_hold(booking_id)
        standings.refuse_unless_paid_out(hold)
        paid = standings.standings_of(hold, charged_back=False)
        _refuse_amounts(hold, wanted, paid)
        shares = share_claw_back(wanted, [standing for _, standing in paid])
        _refuse_beyond_payment(hold, paid, shares)
        row = _begin(hold, ClawBack.Aim.REFUND, _chosen(paid, shares), reason, actor)
        _record(actor, "escrow.claw_back", hold, reason)
    return execute_claw_back(str(row.public_id))


def recover(*, booking_id: str, amount: Money, reason: str, actor: User) -> ClawBackView:
    """Take from the sitter what a lost dispute cost us after the payout, up to what the sitter was paid.

    Raises: as `claw_back`; Conflict `no_loss` when no lost dispute of this booking is ours to bear.
    """
    _require_reason(reason)
    with transaction.atomic(durable=True):
        hold = lock_hold(booking_id)
        standings.refuse_unless_paid_out(hold)
        losses = list(hold.disputes.filter(status=Dispute.Status.LOST).order_by("id"))
        paid = standings.standings_of(hold, charged_back=True)
        _refuse_recovery(hold, amount, losses, paid)
        shares = share_recovery(amount, [standing for _, standing in paid])
        _claim(losses, amount)
        row = _begin(hold, ClawBack.Aim.RECOVERY, _chosen(paid, shares), reason, actor)
        _record(actor, "escrow.recover", hold, reason)
    return execute_claw_back(str(row.public_id))


def execute_claw_back(claw_back_id: str) -> ClawBackView:
    """Ask the gateway for what a claw back waits for: its reversals, then its refund. Safe to repeat."""
    row = ClawBack.objects.get(public_id=claw_back_id)
    under_way = row.parts.filter(status=PartStatus.IN_TRANSIT).order_by("id")
    for reversal_id in list(under_way.values_list("reversal_id", flat=True)):
        payments.execute_reversal(reversal_id)
    for refund in list(row.refunds.filter(status=Refund.Status.IN_TRANSIT).order_by("id")):
        execute_refund(str(refund.public_id))
    return view_claw_back(ClawBack.objects.select_related("hold").get(pk=row.pk))


def continue_claw_backs() -> int:
    """Go on with claw backs that stand still, after a crash or a dispute; return how many were looked at."""
    rows = list(ClawBack.objects.under_way().select_related("hold").order_by("id"))
    for row in rows:
        try:
            with transaction.atomic(durable=True):
                hold = lock_hold(row.hold.booking_id)
                claw_back_results.carry_on(hold, ClawBack.objects.get(pk=row.pk))
            execute_claw_back(str(row.public_id))
        except Exception:
            # One that cannot go on stops no other; it is looked at again.
            logger.exception("claw back stands still", extra={"claw_back": str(row.public_id)})
    return len(rows)


def _begin(
    hold: Hold, aim: ClawBack.Aim, shares: Sequence[tuple[ReleasePart, Share]], reason: str, actor: User
) -> ClawBack:
    refund = aim == ClawBack.Aim.REFUND
    row = ClawBack.objects.create(
        hold=hold,
        aim=aim,
        currency=hold.currency,
        stay_minor=sum(share.stay.amount_minor for _, share in shares) if refund else 0,
        owner_fee_minor=sum(share.owner_fee.amount_minor for _, share in shares),
        sitter_minor=sum(share.sitter.amount_minor for _, share in shares),
        sitter_fee_minor=sum(share.sitter_fee.amount_minor for _, share in shares),
        reason=reason,
        actor=actor,
    )
    move(hold, HoldState.CLAWING_BACK, actor=actor, reason=reason)
    for release_part, share in shares:
        part = _begin_part(row, release_part, share)
        if not part.reversal_id:
            claw_back_results.settle_part(hold, part, came=0)
    claw_back_results.carry_on(hold, row)
    return row


def _begin_part(row: ClawBack, release_part: ReleasePart, share: Share) -> ClawBackPart:
    part = ClawBackPart(
        claw_back=row,
        release_part=release_part,
        stay_minor=share.stay.amount_minor if row.aim == ClawBack.Aim.REFUND else 0,
        owner_fee_minor=share.owner_fee.amount_minor,
        sitter_minor=share.sitter.amount_minor,
        sitter_fee_minor=share.sitter_fee.amount_minor,
    )
    if share.reversal:
        part.reversal_id = payments.prepare_reversal(
            transfer_id=release_part.transfer_id,
            purpose=PURPOSE,
            subject=str(part.public_id),
            amount=share.reversal,
        ).id
    part.save(force_insert=True)
    return part


def _chosen(paid: Sequence[Paid], shares: Sequence[Share]) -> list[tuple[ReleasePart, Share]]:
    pairs = zip(paid, shares, strict=True)
    return [(part, share) for (part, _), share in pairs if share.stay or share.owner_fee]


def _claim(losses: Sequence[Dispute], amount: Money) -> None:
    left = amount.amount_minor
    for dispute in losses:
        step = min(left, dispute.borne_minor - dispute.recovered_minor)
        dispute.recovered_minor += step
        dispute.save(update_fields=["recovered_minor"])
        left -= step


def _refuse_amounts(hold: Hold, wanted: Parts, paid: list[Paid]) -> None:
    limit = standings.total_of(paid, hold.currency)
    if not limit.total and standings.standings_of(hold, charged_back=True):
        raise Conflict("charged_back", "The owner has this money back through the bank: recover it from the sitter.")
    for name, part, most in (
        ("stay_minor", wanted.stay, limit.stay),
        ("owner_fee_minor", wanted.owner_fee, limit.owner_fee),
    ):
        if not Money.zero(hold.currency) <= part <= most:
            raise InvalidInput.field(name, f"must be between 0 and what the payout still stands for: {most}.")
        standings.refuse_broken_steps(name, part, most)
    if not wanted.total:
        raise InvalidInput.field("amount_minor", "must be above zero.")


def _refuse_beyond_payment(hold: Hold, paid: Sequence[Paid], shares: Sequence[Share]) -> None:
    """What goodwill gave of a payment already cannot go back a second time."""
    wanted: dict[int, Money] = {}
    fundings = {part.funding_id: part.funding for part, _ in paid}
    for (part, _), share in zip(paid, shares, strict=True):
        before = wanted.get(part.funding_id, Money.zero(hold.currency))
        wanted[part.funding_id] = before + share.stay + share.owner_fee
    for key, amount in wanted.items():
        left = standings.refundable(hold, fundings[key])
        if left < amount:
            raise Conflict("refund_exceeds_payment", f"Only {left} of this payment can still go back to the owner.")


def _refuse_recovery(hold: Hold, amount: Money, losses: Sequence[Dispute], paid: Sequence[Paid]) -> None:
    zero = Money.zero(hold.currency)
    ours = Money(sum(loss.borne_minor - loss.recovered_minor for loss in losses), hold.currency)
    if not ours:
        raise Conflict("no_loss", "No lost dispute of this booking is left for us to bear.")
    most = min(ours, sum((standing.sitter for _, standing in paid), zero))
    if not zero < amount <= most:
        raise InvalidInput.field("amount_minor", f"must be above 0, and at most {most}: our loss, out of the payout.")
    standings.refuse_broken_steps("amount_minor", amount, most)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why: it goes into the record.")


def _record(actor: User, action: str, hold: Hold, reason: str) -> None:
    audit.record(actor, action, f"hold:{hold.public_id}", reason=reason, booking=hold.booking_id)
