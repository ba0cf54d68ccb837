"""Refunds of a wash: one part for each of its payments, and what their results do.

Each part reverses its share of the revenue: Dr revenue_wash / Cr stripe_clearing. The wash is refunded
when all of its parts are. A top-up that goes back alone is not here but in `top_up_refunds`.
"""

from collections.abc import Sequence

from django.db.models import Sum

from apps.common import events
from apps.common.clock import business_now, real_now
from apps.common.db import require_transaction
from apps.common.money import Money
from apps.ledger import services as ledger
from apps.ledger.types import credit, debit
from apps.payments import selectors as payments_q
from apps.payments import services as payments
from apps.payments.types import RefundView
from apps.stations.events import WashRefundDue
from apps.stations.models import Wash, WashRefund
from apps.stations.refund_share import Paid, Share, unused_shares
from apps.stations.services.accounts import CLEARING, PURPOSE, REVENUE
from apps.stations.services.alerts import clear_alert, raise_alert
from apps.stations.services.moves import lock_wash, move_wash
from apps.stations.states import BACK, PartStatus, Severity, TopUpStatus, WashStatus

WAITS_FOR_BANK = "The refund of a wash waits: the card's bank decides a dispute of the payment first."


def unused_of(wash: Wash, seconds_used: int) -> list[Share]:
    """Return what of each payment goes back when so many seconds were used, newest payment first."""
    confirmed = wash.top_ups.filter(status=TopUpStatus.CONFIRMED).order_by("id")
    paid = [Paid(top_up.payment_id, top_up.price, top_up.add_seconds) for top_up in confirmed]
    return unused_shares([Paid(wash.payment_id, wash.price, wash.bought_seconds), *paid], seconds_used)


def begin_refund(wash: Wash, shares: Sequence[Share], *, reason: str, **changes: object) -> bool:
    """Write the refunds down and move the wash to refunding; False when it cannot move.

    The refunds themselves are sent by a task after this transaction has committed. While the card's bank disputes
    a payment its part waits: money that goes back now would be lost twice.
    """
    require_transaction()
    if not move_wash(wash, WashStatus.REFUNDING, reason=reason, ended_at=real_now(), **changes):
        return False
    for share in shares:
        part = WashRefund.objects.create(
            wash=wash,
            payment_id=share.payment_id,
            amount_minor=share.amount.amount_minor,
            currency=share.amount.currency,
            status=PartStatus.WAITING,
        )
        part.wash = wash
        if payments_q.open_dispute(share.payment_id) is None:
            send(part, reason=reason)
        else:
            raise_alert(wash.bay.station, refund_component(wash), Severity.WARNING, message=WAITS_FOR_BANK)
    return True


def settle_early_end(wash: Wash, seconds_used: int, *, reason: str) -> None:
    """Give the unused seconds back; a wash that has used them all has just stopped."""
    require_transaction()
    shares = unused_of(wash, seconds_used)
    if shares:
        begin_refund(wash, shares, reason=reason)
        return
    move_wash(wash, WashStatus.STOPPED, reason=reason, ended_at=real_now())


def send(part: WashRefund, *, reason: str) -> None:
    """Hand a part that waits to payments; the caller holds its wash's row lock."""
    require_transaction()
    wash = part.wash
    refund = payments.prepare_refund(
        payment_id=part.payment_id,
        purpose=PURPOSE,
        subject=str(wash.public_id),
        amount=part.amount,
        reason=reason,
    )
    WashRefund.objects.filter(pk=part.pk).update(refund_id=refund.id, status=PartStatus.PENDING)
    Wash.objects.filter(pk=wash.pk).update(refund_id=refund.id)
    wash.refund_id = refund.id
    events.publish(WashRefundDue(wash_id=str(wash.public_id), refund_id=refund.id))


def close_part(wash: Wash, part: WashRefund, status: str) -> None:
    """Write down that the customer has the part; close the wash with its last one."""
    note(wash, part, status)
    if wash.refunds.exclude(status__in=BACK).exists():
        return
    whole = wash.refunded_minor == wash.paid.amount_minor
    if move_wash(wash, WashStatus.REFUNDED if whole else WashStatus.PARTIALLY_REFUNDED):
        clear_alert(wash.bay.station, refund_component(wash))


def refund_succeeded(refund: RefundView) -> None:
    """Reverse the part's revenue; close the wash with its last part."""
    require_transaction()
    wash = lock_wash(refund.subject)
    if wash is None:
        return
    part = _part_of(wash, refund)
    if part.status == PartStatus.SUCCEEDED:
        return
    ledger.post(
        kind="wash.refund",
        key=f"wash-refund:{refund.id}",
        legs=[debit(REVENUE, refund.amount), credit(CLEARING, refund.amount)],
        effective_at=business_now(),
    )
    close_part(wash, part, PartStatus.SUCCEEDED)


def refund_failed(refund: RefundView) -> None:
    """Keep the wash refunding, which the dashboard shows, and call a person.

    A bank may return a refund that had succeeded: the books take it back and it is open again.
    """
    require_transaction()
    wash = lock_wash(refund.subject)
    if wash is None:
        return
    part = _part_of(wash, refund)
    if part.status == PartStatus.SUCCEEDED:
        ledger.reverse(key=f"wash-refund:{refund.id}", reason_kind="wash.refund_returned")
        move_wash(wash, WashStatus.REFUNDING, reason="refund_returned")
    note(wash, part, PartStatus.FAILED)
    if wash.status == WashStatus.REFUNDING:
        raise_alert(
            wash.bay.station,
            refund_component(wash),
            Severity.CRITICAL,
            message="The refund of a wash was refused or returned; refund it by hand.",
        )


def given_back(wash: Wash) -> Money:
    """Return what goes or went back of the wash's payments, together."""
    total = wash.refunds.aggregate(sum=Sum("amount_minor"))["sum"]
    return Money(total or wash.amount_minor, wash.currency)


def refund_component(wash: Wash) -> str:
    """Return the alert component of a wash's refund."""
    return f"refund:{wash.public_id}"


def _part_of(wash: Wash, refund: RefundView) -> WashRefund:
    """Return the part's row; a refund from before parts had rows gets its own now."""
    over = wash.status in (WashStatus.REFUNDED, WashStatus.PARTIALLY_REFUNDED)
    part, _ = WashRefund.objects.get_or_create(
        refund_id=refund.id,
        defaults={
            "wash": wash,
            "status": PartStatus.SUCCEEDED if over else PartStatus.PENDING,
            "payment_id": refund.payment_id,
            "amount_minor": refund.amount.amount_minor,
            "currency": refund.amount.currency,
        },
    )
    return part


def note(wash: Wash, part: WashRefund, status: str) -> None:
    """Write down where the part stands, and what of the wash is back by now."""
    WashRefund.objects.filter(pk=part.pk).update(status=status)
    part.status = status
    back = wash.refunds.filter(status__in=BACK).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    Wash.objects.filter(pk=wash.pk).update(refunded_minor=back)
    wash.refunded_minor = back
