"""Refunds by bank transfer, for what no card could take back: proposed by one of Finance, sent by another.

A proposal keeps the money for the owner from its first moment: no other refund and no payout has it. The second
person's word books it as gone from our bank; whoever does that makes the transfer, under the reference that was
proposed. What the bank sends back is owed again. Locks: the hold, then the row.
"""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.common import audit, events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.common.ids import parse_public_id
from apps.escrow.amounts import Parts, share_refund
from apps.escrow.bank_references import checked_reference
from apps.escrow.events import BankRefundMoved
from apps.escrow.freezing import FreezeScope, FreezeTarget
from apps.escrow.models import BankRefund, BankRefundChange, Dispute, Freeze, Hold, Refund, RefundPart
from apps.escrow.services import refund_results
from apps.escrow.services.holds import lock_hold, move
from apps.escrow.services.refunds import REFUNDABLE_AGAIN, oldest_refused, refuse_unrefundable
from apps.escrow.services.shares import left_in, take
from apps.escrow.states import HoldState

WHO_MAY = ("Finance",)
REASON = 200
_Status = BankRefund.Status


def owed_of(booking_id: str) -> Parts:
    """Return what a hold's oldest failed refund still owes, by component, as it is now.

    Raises: NotFound; Conflict `no_refused_refund`.
    """
    hold = Hold.objects.filter(booking_id=booking_id).first()
    if hold is None:
        raise NotFound
    _, waiting = oldest_refused(hold)
    return sum(_limits(hold, waiting), start=Parts.of(0, 0, hold.currency))


def propose(*, booking_id: str, parts: Parts, reference: str, reason: str, actor: User) -> BankRefund:
    """Propose to pay a hold's oldest failed refund, or some of it, by a transfer from our bank.

    Raises: Forbidden `not_allowed_to_refund`; NotFound; InvalidInput for the reason, the reference, another currency,
    or an amount above what is owed; Conflict `no_refused_refund` (the card comes first), `proposal_waiting`,
    `reference_used`, and as `prepare_refund`.
    """
    _check(actor, reason)
    reference = checked_reference(reference)
    with transaction.atomic(durable=True):
        hold = lock_hold(booking_id)
        if hold.bank_refunds.filter(status=_Status.PROPOSED).exists():
            raise Conflict("proposal_waiting", "A transfer is proposed already: a colleague sends or rejects it first.")
        first, waiting = oldest_refused(hold)
        limits = _limits(hold, waiting)
        _refuse_above(hold, parts, limits)
        refund = _promise(hold, first, waiting, share_refund(parts, limits), actor)
        row = BankRefund(
            hold=hold,
            instead_of=first,
            refund=refund,
            currency=hold.currency,
            amount_minor=parts.total.amount_minor,
            reference=reference,
            proposed_by=actor,
            reason=reason,
        )
        _create(row)
        _step(row, "", actor, reason)
    return row


def send(*, bank_refund_id: str, actor: User, reason: str) -> BankRefund:
    """Book a transfer that somebody else proposed: the money has left our bank for the owner's.

    Raises: NotFound; Forbidden `not_allowed_to_refund` | `second_person_required`; InvalidInput without a reason;
    Conflict `proposal_decided` | `proposer_left` | `escrow_frozen` by people | `payment_disputed` |
    `payment_charged_back` when a bank has given the owner this money meanwhile.
    """
    _check(actor, reason)
    with transaction.atomic(durable=True):
        hold, row = _locked(bank_refund_id)
        _refuse_decided(row)
        if row.proposed_by_id == actor.pk:
            raise Forbidden("second_person_required", "Somebody else of Finance has to look at this transfer.")
        _refuse_stopped(hold, row)
        _move(row, _Status.SENT, actor, reason, decided_by=actor, decided_at=business_now())
        for part in _parts(row):
            refund_results.confirm(hold, part)
    return row


def reject(*, bank_refund_id: str, actor: User, reason: str) -> BankRefund:
    """Take a proposed transfer off the table, also one's own: the failed refund waits as before.

    Raises: NotFound; Forbidden `not_allowed_to_refund`; InvalidInput without a reason; Conflict `proposal_decided`.
    """
    _check(actor, reason)
    with transaction.atomic(durable=True):
        hold, row = _locked(bank_refund_id)
        _refuse_decided(row)
        now = business_now()
        _move(row, _Status.REJECTED, actor, reason, decided_by=actor, decided_at=now)
        for part in _parts(row):
            _ask_again(RefundPart.objects.get(refund=row.instead_of, funding=part.funding), part.waits, sign=-1)
            RefundPart.objects.filter(pk=part.pk).update(sent_again_at=now)  # what waits is the failed refund
            refund_results.undo(hold, part, code="rejected", why="a refund by bank transfer was rejected")
    return row


def record_returned(*, bank_refund_id: str, actor: User, reason: str) -> BankRefund:
    """Book that the bank sent a transfer back: all of it is at our bank, held, frozen and owed again.

    Raises: NotFound; Forbidden `not_allowed_to_refund`; InvalidInput without a reason; Conflict `not_sent` |
    `already_returned`.
    """
    _check(actor, reason)
    with transaction.atomic(durable=True):
        hold, row = _locked(bank_refund_id)
        if row.status == _Status.RETURNED:
            raise Conflict("already_returned", "This transfer is booked as returned already.")
        if row.status != _Status.SENT:
            raise Conflict("not_sent", "Only a transfer that was sent can come back.")
        _move(row, _Status.RETURNED, actor, reason)
        for part in _parts(row):
            refund_results.undo(hold, part, code="transfer_returned", why="a refund by bank transfer came back")
    return row


def _limits(hold: Hold, waiting: Sequence[RefundPart]) -> list[Parts]:
    """Return what each part can have: a lost dispute may have taken some of what waits."""
    limits = []
    for part in waiting:
        left, waits = left_in(hold, part.funding), part.waits
        limits.append(Parts(min(left.stay, waits.stay), min(left.owner_fee, waits.owner_fee)))
    return limits


def _refuse_above(hold: Hold, parts: Parts, limits: Sequence[Parts]) -> None:
    if {parts.stay.currency, parts.owner_fee.currency} != {hold.currency}:
        raise InvalidInput.field("currency", f"must be the payment's, {hold.currency}.")
    refuse_unrefundable(hold, parts, REFUNDABLE_AGAIN)
    owed = sum(limits, start=Parts.of(0, 0, hold.currency))
    for name, part, limit in (
        ("stay_minor", parts.stay, owed.stay),
        ("owner_fee_minor", parts.owner_fee, owed.owner_fee),
    ):
        if part > limit:
            raise InvalidInput.field(name, f"must be between 0 and what the failed refund owes: {limit}.")


def _promise(hold: Hold, first: Refund, waiting: Sequence[RefundPart], shares: Sequence[Parts], actor: User) -> Refund:
    """Keep the money for the transfer, as a refund under way does; it asks for what the failed one waits for."""
    require_transaction()
    total = sum(shares, start=Parts.of(0, 0, hold.currency))
    refund = Refund.objects.create(
        hold=hold,
        currency=hold.currency,
        stay_minor=total.stay.amount_minor,
        owner_fee_minor=total.owner_fee.amount_minor,
        reason=first.reason,
        actor=actor,
        claw_back=first.claw_back,
    )
    taken = [(part, share) for part, share in zip(waiting, shares, strict=True) if share.total]
    take(hold, [(part.funding, share) for part, share in taken])
    for part, share in taken:
        RefundPart.objects.create(
            refund=refund,
            funding=part.funding,
            stay_minor=share.stay.amount_minor,
            owner_fee_minor=share.owner_fee.amount_minor,
        )
        _ask_again(part, share, sign=1)
    if hold.state in {HoldState.HELD, HoldState.RELEASE_DUE}:
        why = "refund by bank transfer proposed"
        move(hold, HoldState.REFUNDING, actor=actor, reason=why, resume_state=hold.state)
    return refund


def _create(row: BankRefund) -> None:
    """Store a proposal: the index on the reference decides, also between two holds at once."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as broken:
        if "escrow_bank_refund_one_a_reference" not in str(broken):
            raise
        raise Conflict("reference_used", "Another refund has this reference: each transfer has its own.") from None


def _ask_again(part: RefundPart, share: Parts, *, sign: int) -> None:
    """Note what of a failed part is asked for by a transfer, or that it is not any more."""
    RefundPart.objects.filter(pk=part.pk).update(
        stay_again_minor=F("stay_again_minor") + sign * share.stay.amount_minor,
        owner_fee_again_minor=F("owner_fee_again_minor") + sign * share.owner_fee.amount_minor,
    )
    part.refresh_from_db(fields=["stay_again_minor", "owner_fee_again_minor"])
    RefundPart.objects.filter(pk=part.pk).update(sent_again_at=None if part.waits.total else business_now())


def _refuse_stopped(hold: Hold, row: BankRefund) -> None:
    if not accounts.belongs_to(row.proposed_by, *WHO_MAY):
        raise Conflict("proposer_left", "Whoever proposed this is not of Finance any more: reject it, propose anew.")
    if _frozen_by_people(hold):
        raise Conflict("escrow_frozen", "Somebody has frozen this: settle that and lift it; the proposal waits.")
    if hold.disputed_at is not None:
        raise Conflict("payment_disputed", "A disputed payment is decided by the card's bank; the proposal waits.")
    fundings = row.refund.parts.values("funding")
    lost = hold.disputes.filter(funding__in=fundings, status=Dispute.Status.LOST, borne_minor__gt=F("recovered_minor"))
    if lost.exists():
        raise Conflict("payment_charged_back", "A bank gave the owner this money meanwhile: reject the proposal.")


def _frozen_by_people(hold: Hold) -> bool:
    """Tell whether a person's freeze stands; one that the failed refund itself has set is what this is for."""
    if Freeze.objects.wide(hold.payee_user_id).exists():
        return True
    own = Freeze.objects.active().of(FreezeTarget(FreezeScope.BOOKING, booking_id=hold.booking_id))
    return own.filter(changes__step__in=["placed", "kept"], changes__actor__isnull=False).exists()


def _refuse_decided(row: BankRefund) -> None:
    if row.status != _Status.PROPOSED:
        raise Conflict("proposal_decided", f"This transfer is decided: {row.get_status_display().lower()}.")


def _parts(row: BankRefund) -> list[RefundPart]:
    return list(row.refund.parts.select_related("refund__claw_back", "funding").order_by("id"))


def _locked(bank_refund_id: str) -> tuple[Hold, BankRefund]:
    key = parse_public_id(bank_refund_id)
    found = BankRefund.objects.select_related("hold").filter(public_id=key).first() if key else None
    if found is None:
        raise NotFound
    hold = lock_hold(found.hold.booking_id)
    row = BankRefund.objects.select_related("instead_of", "refund", "proposed_by")
    return hold, row.select_for_update(of=("self",)).get(pk=found.pk)


def _move(row: BankRefund, new: str, actor: User, reason: str, **fields: object) -> None:
    old = row.status
    for name, value in {"status": new, **fields}.items():
        setattr(row, name, value)
    if not BankRefund.objects.filter(pk=row.pk, status=old).update(status=new, **fields):
        raise Conflict("proposal_decided", "Somebody was first; reload and look again.")
    _step(row, old, actor, reason)


def _step(row: BankRefund, old: str, actor: User, reason: str) -> None:
    """Write what happened to the row into its history, the audit and the outbox."""
    booking_id = row.hold.booking_id
    BankRefundChange.objects.create(bank_refund=row, old_status=old, new_status=row.status, actor=actor, reason=reason)
    subject = f"hold:{row.hold.public_id}"
    audit.record(
        actor, f"escrow.bank_refund_{row.status}", subject, reason, booking=booking_id, reference=row.reference
    )
    events.publish(
        BankRefundMoved(
            hold_id=str(row.hold.public_id),
            booking_id=booking_id,
            bank_refund_id=str(row.public_id),
            status=row.status,
            amount_minor=row.amount_minor,
            currency=row.currency,
        )
    )


def _check(actor: User, reason: str) -> None:
    if not accounts.belongs_to(actor, *WHO_MAY):
        raise Forbidden("not_allowed_to_refund", "Only Finance pays refunds by bank transfer.")
    if not 1 <= len(reason.strip()) <= REASON:
        raise InvalidInput.field("reason", f"Say why, in up to {REASON} characters: it goes into the record.")
