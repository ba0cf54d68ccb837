"""Disputes: recorded from the gateway's facts, whatever order they come in.

The money that a bank takes waits in suspense until it has decided; what follows from the decision is the
purpose's business.
"""

from datetime import datetime

from django.db import connection

from apps.common.clock import business_now, real_now
from apps.common.db import require_transaction
from apps.common.money import Money
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, Leg
from apps.payments import selectors
from apps.payments.gateways.port import DisputeFacts
from apps.payments.models import Dispute, DisputeMovement, Payment, Transition
from apps.payments.purposes import handler_for
from apps.payments.services.recording import WrongAmount
from apps.payments.states import DisputeStatus

_STATUS = {
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.CLOSED,
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
_TELL = {DisputeStatus.WON: "dispute_won", DisputeStatus.CLOSED: "dispute_won", DisputeStatus.LOST: "dispute_lost"}


class UnknownDisputeStatus(RuntimeError):
    """The gateway uses a word that we have not learnt: nothing is recorded, people must look."""


def asked_at() -> datetime:
    """Return the database's instant, to be read before the facts are asked for: one clock for all processes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        instant: datetime = cursor.fetchone()[0]
    return instant


def record_dispute(payment_pk: int, facts: DisputeFacts, at: datetime) -> Dispute:
    """Record a dispute's facts, asked for at `at`; facts older than those recorded change nothing.

    Raises: WrongAmount, UnknownDisputeStatus.
    """
    require_transaction()
    found = Payment.objects.get(pk=payment_pk)
    handler_for(found.purpose).lock_for_dispute(selectors.payment_view(found))
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_pk)
    status = _checked(payment, facts)
    row = Dispute.objects.filter(provider_id=facts.id).first() or _first(payment, facts, at)
    if row.facts_at > at:
        return row
    before = row.status if row.pk else ""
    _take_over(row, facts, at)
    _book(row, facts)
    if before != status:
        _move(row, before, status)
    if row.lost_at:
        _follow_loss(row)
    return row


def _checked(payment: Payment, facts: DisputeFacts) -> DisputeStatus:
    moneys = (facts.amount, facts.withdrawn, facts.fee)
    if any(money.currency != payment.currency for money in moneys) or facts.amount > payment.amount:
        raise WrongAmount(f"dispute {facts.id}: {facts.amount} of payment {payment.public_id}")
    try:
        return _STATUS[facts.status]
    except KeyError:
        raise UnknownDisputeStatus(f"dispute {facts.id}: {facts.status[:40]}") from None


def _first(payment: Payment, facts: DisputeFacts, at: datetime) -> Dispute:
    return Dispute(payment=payment, provider_id=facts.id, currency=facts.amount.currency, facts_at=at)


def _take_over(row: Dispute, facts: DisputeFacts, at: datetime) -> None:
    row.status = row.status or _STATUS[facts.status]
    row.provider_status = facts.status
    row.reason = facts.reason[:80]
    row.amount_minor = facts.amount.amount_minor
    row.evidence_due_at = facts.evidence_due_at
    row.facts_at = at
    row.save()


def _book(row: Dispute, facts: DisputeFacts) -> None:
    """Post what left our account, or came back, since the last facts."""
    taken = facts.withdrawn.amount_minor - row.withdrawn_minor
    fee = facts.fee.amount_minor - row.fee_minor
    if not taken and not fee:
        return
    movement = DisputeMovement.objects.create(dispute=row, amount_minor=taken, fee_minor=fee)
    _post(
        row,
        "dispute.funds",
        f"dispute-funds:{row.public_id}:{movement.pk}",
        {"dispute_suspense": taken, "dispute_fees": fee, "stripe_clearing": -taken - fee},
    )
    row.withdrawn_minor, row.fee_minor = facts.withdrawn.amount_minor, facts.fee.amount_minor
    row.save(update_fields=["withdrawn_minor", "fee_minor"])


def _move(row: Dispute, before: str, status: DisputeStatus) -> None:
    Transition.objects.create(kind="dispute", subject_id=row.public_id, from_status=before, to_status=status)
    row.status = status
    first_loss = status == DisputeStatus.LOST and row.lost_at is None
    decided_again = row.lost_at is not None
    if first_loss:
        row.lost_at, row.settled_minor = real_now(), row.withdrawn_minor
    row.save(update_fields=["status", "lost_at", "settled_minor"])
    if decided_again:
        return  # the purpose has settled it; what moves now is the platform's
    handler, view = handler_for(row.payment.purpose), selectors.dispute_view(row)
    if not before or status in (DisputeStatus.INQUIRY, DisputeStatus.OPEN):
        handler.dispute_opened(view)
    if method := _TELL.get(status):
        getattr(handler, method)(view)


def _follow_loss(row: Dispute) -> None:
    """Book what the bank moves after a loss against that loss: suspense holds nothing of a settled dispute."""
    more = row.withdrawn_minor - row.settled_minor
    if not more:
        return
    movement = row.movements.order_by("pk").last()
    assert movement is not None, "withdrawn money is a movement"
    _post(
        row,
        "dispute.loss",
        f"dispute-loss:{row.public_id}:{movement.pk}",
        {"dispute_loss": more, "dispute_suspense": -more},
    )
    row.settled_minor = row.withdrawn_minor
    row.save(update_fields=["settled_minor"])


def _post(row: Dispute, kind: str, key: str, moved: dict[str, int]) -> None:
    legs = [Leg(AccountRef(account), Money(minor, row.currency)) for account, minor in moved.items()]
    ledger.post(kind=kind, key=key, legs=legs, effective_at=business_now())
