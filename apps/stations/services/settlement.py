"""Money of a wash: what its payment's and its refund's results do, inside their transaction.

A wash is platform revenue in full: capture is Dr stripe_clearing / Cr revenue_wash, a refund is
the reverse of its part, goodwill is Dr goodwill / Cr revenue_wash.
"""

from apps.common import events
from apps.common.clock import business_now, real_now
from apps.common.db import require_transaction
from apps.common.money import Money
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, credit, debit
from apps.payments import selectors as payments_q
from apps.payments import services as payments
from apps.payments.purposes import bear_loss
from apps.payments.types import DisputeView, PaymentView, RefundView
from apps.stations.events import WashPaid, WashRefundDue
from apps.stations.models import Wash
from apps.stations.refund_share import unused_share
from apps.stations.services import card_limits, commands
from apps.stations.services.alerts import clear_alert, raise_alert
from apps.stations.services.moves import lock_wash, move_wash
from apps.stations.states import CommandType, Severity, WashStatus

CLEARING = AccountRef("stripe_clearing")
REVENUE = AccountRef("revenue_wash")
GOODWILL = AccountRef("goodwill")
SUSPENSE = AccountRef("dispute_suspense")
LOSS = AccountRef("dispute_loss")
PURPOSE = "wash"


def payment_succeeded(payment: PaymentView) -> None:
    """Book the revenue and send the start; a payment whose lease has ended is given back."""
    require_transaction()
    wash = lock_wash(payment.subject)
    if wash is None or wash.paid_at is not None:
        return
    Wash.objects.filter(pk=wash.pk).update(paid_at=real_now(), payment_id=payment.id)
    wash.refresh_from_db()
    ledger.post(
        kind="wash.capture",
        key=f"wash-capture:{wash.public_id}",
        legs=[debit(CLEARING, wash.price), credit(REVENUE, wash.price)],
        effective_at=business_now(),
    )
    if wash.lease_expires_at <= real_now():
        # The customer may have left: water must not run for nobody, so the money goes back.
        move_wash(wash, WashStatus.CANCELLED, reason="lease_ended", ended_at=real_now())
    if not move_wash(wash, WashStatus.ACTIVATING):
        begin_refund(wash, wash.price, reason="lease_ended")
        return
    commands.issue(CommandType.START, wash=wash)
    events.publish(
        WashPaid(
            wash_id=str(wash.public_id),
            station=wash.bay.station.slug,
            amount_minor=wash.amount_minor,
            currency=wash.currency,
        )
    )


def payment_ended(payment: PaymentView) -> None:
    """End the lease of a payment that failed or was cancelled."""
    require_transaction()
    wash = lock_wash(payment.subject)
    if wash is not None:
        reason = (payment.failure_code or payment.status)[:80]
        if move_wash(wash, WashStatus.CANCELLED, reason=reason, ended_at=real_now()):
            card_limits.count_unpaid(wash, payment)


def begin_refund(wash: Wash, amount: Money, *, reason: str, **changes: object) -> bool:
    """Write the refund down and move the wash to refunding; False when it cannot move.

    The refund itself is sent by a task after this transaction has committed. While the card's bank disputes
    the payment it waits: money that goes back now would be lost twice.
    """
    require_transaction()
    if not move_wash(wash, WashStatus.REFUNDING, reason=reason, ended_at=real_now(), **changes):
        return False
    if payments_q.open_dispute(wash.payment_id) is None:
        _prepare_refund(wash, amount, reason=reason)
        return True
    raise_alert(
        wash.bay.station,
        refund_component(wash),
        Severity.WARNING,
        message="The refund of a wash waits: the card's bank decides a dispute of the payment first.",
    )
    return True


def dispute_won(dispute: DisputeView) -> None:
    """Send a refund that waited for the bank."""
    require_transaction()
    wash = lock_wash(dispute.subject)
    if wash is not None and _waits_for_bank(wash) and payments_q.open_dispute(wash.payment_id) is None:
        _prepare_refund(wash, _unused(wash), reason="dispute_over")


def dispute_lost(dispute: DisputeView) -> None:
    """Book the loss. What a refund waited to give back, the customer has through the bank: no revenue."""
    require_transaction()
    wash = lock_wash(dispute.subject)
    if wash is None or not _waits_for_bank(wash):
        bear_loss(dispute)
        return
    back = min(dispute.withdrawn, _unused(wash))
    if back:
        rest = dispute.withdrawn - back
        legs = [debit(REVENUE, back), debit(LOSS, rest), credit(SUSPENSE, dispute.withdrawn)]
        ledger.post(kind="wash.dispute_lost", key=f"wash-dispute-lost:{dispute.id}", legs=legs)
    whole = back == wash.price
    target = WashStatus.REFUNDED if whole else WashStatus.PARTIALLY_REFUNDED
    move_wash(wash, target, reason="charged_back", refunded_minor=back.amount_minor)
    clear_alert(wash.bay.station, refund_component(wash))


def _waits_for_bank(wash: Wash) -> bool:
    return wash.status == WashStatus.REFUNDING and not wash.refund_id


def _unused(wash: Wash) -> Money:
    """Return what a wash that ended early gives back: the whole price when it never ran."""
    return unused_share(wash.price, wash.seconds_used, wash.total_seconds)


def _prepare_refund(wash: Wash, amount: Money, *, reason: str) -> None:
    refund = payments.prepare_refund(
        payment_id=wash.payment_id,
        purpose=PURPOSE,
        subject=str(wash.public_id),
        amount=amount,
        reason=reason,
    )
    Wash.objects.filter(pk=wash.pk).update(refund_id=refund.id)
    wash.refund_id = refund.id
    events.publish(WashRefundDue(wash_id=str(wash.public_id), refund_id=refund.id))


def refund_succeeded(refund: RefundView) -> None:
    """Reverse the refunded part of the revenue and close the wash."""
    require_transaction()
    wash = lock_wash(refund.subject)
    if wash is None:
        return
    whole = refund.amount == wash.price
    target = WashStatus.REFUNDED if whole else WashStatus.PARTIALLY_REFUNDED
    if not move_wash(wash, target, refunded_minor=refund.amount.amount_minor):
        return
    ledger.post(
        kind="wash.refund",
        key=f"wash-refund:{refund.id}",
        legs=[debit(REVENUE, refund.amount), credit(CLEARING, refund.amount)],
        effective_at=business_now(),
    )
    clear_alert(wash.bay.station, refund_component(wash))


def refund_failed(refund: RefundView) -> None:
    """Keep the wash refunding, which the dashboard shows, and call a person.

    A bank may return a refund that had succeeded: the books take it back and it is open again.
    """
    require_transaction()
    wash = lock_wash(refund.subject)
    if wash is None:
        return
    if wash.status in (WashStatus.REFUNDED, WashStatus.PARTIALLY_REFUNDED):
        ledger.reverse(key=f"wash-refund:{refund.id}", reason_kind="wash.refund_returned")
        move_wash(wash, WashStatus.REFUNDING, reason="refund_returned", refunded_minor=0)
    if wash.status == WashStatus.REFUNDING:
        raise_alert(
            wash.bay.station,
            refund_component(wash),
            Severity.CRITICAL,
            message="The refund of a wash was refused or returned; refund it by hand.",
        )


def book_goodwill(wash: Wash) -> None:
    """Book a wash that ran after its refund as the platform's gift, and call a person."""
    require_transaction()
    Wash.objects.filter(pk=wash.pk).update(goodwill=True, started_at=real_now())
    ledger.post(
        kind="wash.goodwill",
        key=f"wash-goodwill:{wash.public_id}",
        legs=[debit(GOODWILL, wash.price), credit(REVENUE, wash.price)],
        effective_at=business_now(),
    )
    raise_alert(
        wash.bay.station,
        f"bay:{wash.bay.number}:late-start",
        Severity.WARNING,
        message="A wash started after it had been refunded; it was booked as goodwill.",
    )


def refund_component(wash: Wash) -> str:
    """Return the alert component of a wash's refund."""
    return f"refund:{wash.public_id}"
