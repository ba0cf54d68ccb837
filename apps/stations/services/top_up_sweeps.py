"""What a clock must notice of top-ups: unpaid ones, ones the station never took, refunds that hang.

Level-triggered, as all sweeps are: they look at the rows.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from apps.common.clock import real_now
from apps.payments import services as payments
from apps.stations.models import TopUp
from apps.stations.services import alerts
from apps.stations.services.moves import lock_top_up
from apps.stations.services.sweeps import BATCH, CLOCK_SKEW, REFUND_STUCK_AFTER, START_CONFIRM
from apps.stations.services.top_up_refunds import give_back, refund_component
from apps.stations.services.top_up_words import TAKES_TOP_UPS, UNCONFIRMED
from apps.stations.states import Severity, TopUpStatus

SEND_AGAIN_AFTER = timedelta(seconds=15)


def sweep_top_ups() -> int:
    """Follow up each top-up that hangs; return how many moved."""
    return _end_unpaid() + _give_up_unconfirmed()


def sweep_top_up_refunds() -> int:
    """Send refunds of top-ups again that are still on their way, and call a person for a stuck one."""
    now = real_now()
    pending = TopUp.objects.filter(status=TopUpStatus.REFUNDING, ended_at__lte=now - SEND_AGAIN_AFTER)
    rows = list(pending.exclude(refund_id="").order_by("id")[:BATCH])
    for top_up in rows:
        payments.execute_refund(top_up.refund_id)
        if top_up.ended_at and top_up.ended_at <= now - REFUND_STUCK_AFTER:
            _alert_stuck(str(top_up.public_id))
    return len(rows)


def _end_unpaid() -> int:
    """Cancel the payments of top-ups whose time is over or whose wash has ended; money that came goes back."""
    over = Q(lease_expires_at__lte=real_now()) | ~Q(wash__status__in=TAKES_TOP_UPS)
    unpaid = TopUp.objects.filter(over, status=TopUpStatus.AWAITING_PAYMENT)
    ended = 0
    for top_up in list(unpaid.order_by("id")[:BATCH]):
        payment = payments.cancel_payment(top_up.payment_id)
        ended += payment.status in ("cancelled", "failed")
    return ended


def _give_up_unconfirmed() -> int:
    """Give back what the station neither took nor can take any more; the wash goes on without it."""
    now = real_now()
    late = TopUp.objects.filter(
        status=TopUpStatus.PAID,
        paid_at__lte=now - START_CONFIRM,
        command__expires_at__lte=now - CLOCK_SKEW,
    )
    moved = 0
    for public_id in list(late.order_by("id").values_list("public_id", flat=True)[:BATCH]):
        with transaction.atomic(durable=True):
            top_up = lock_top_up(str(public_id))
            if top_up is not None and top_up.status == TopUpStatus.PAID:
                moved += give_back(top_up, reason=UNCONFIRMED)
    return moved


def _alert_stuck(public_id: str) -> None:
    with transaction.atomic(durable=True):
        top_up = lock_top_up(public_id)
        if top_up is not None and top_up.status == TopUpStatus.REFUNDING:
            alerts.raise_alert(
                top_up.wash.bay.station,
                refund_component(top_up),
                Severity.CRITICAL,
                message="A refund is stuck; look at the payment.",
            )
