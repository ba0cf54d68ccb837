"""Money of a wash: what its payment's results do, inside their transaction.

A wash is platform revenue in full: capture is Dr stripe_clearing / Cr revenue_wash, a refund is
the reverse of its part (`refunds`), goodwill is Dr goodwill / Cr revenue_wash.
"""

from apps.common import events
from apps.common.clock import business_now, real_now
from apps.common.db import require_transaction
from apps.ledger import services as ledger
from apps.ledger.types import credit, debit
from apps.payments.types import PaymentView
from apps.stations.events import WashPaid
from apps.stations.models import Wash
from apps.stations.services import card_limits, commands
from apps.stations.services.accounts import CLEARING, GOODWILL, REVENUE
from apps.stations.services.alerts import raise_alert
from apps.stations.services.moves import lock_wash, move_wash
from apps.stations.services.refunds import begin_refund, given_back, unused_of
from apps.stations.states import CommandType, Severity, WashStatus


def payment_succeeded(payment: PaymentView) -> None:
    """Book the revenue and send the start; a payment whose lease has ended is given back."""
    require_transaction()
    wash = lock_wash(payment.subject)
    if wash is None or wash.paid_at is not None:
        return
    wash.paid_at, wash.payment_id = real_now(), payment.id
    wash.save(update_fields=["paid_at", "payment_id"])
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
        begin_refund(wash, unused_of(wash, 0), reason="lease_ended")
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


def book_goodwill(wash: Wash) -> None:
    """Book a wash that ran after its refund as the platform's gift, and call a person."""
    require_transaction()
    Wash.objects.filter(pk=wash.pk).update(goodwill=True, started_at=real_now())
    gift = given_back(wash)
    ledger.post(
        kind="wash.goodwill",
        key=f"wash-goodwill:{wash.public_id}",
        legs=[debit(GOODWILL, gift), credit(REVENUE, gift)],
        effective_at=business_now(),
    )
    raise_alert(
        wash.bay.station,
        f"bay:{wash.bay.number}:late-start",
        Severity.WARNING,
        message="A wash started after it had been refunded; it was booked as goodwill.",
    )
