"""A top-up that goes back alone, in full: its wash ended first, or its station never took it."""

from apps.common import events
from apps.common.clock import business_now, real_now
from apps.common.db import require_transaction
from apps.ledger import services as ledger
from apps.ledger.types import credit, debit
from apps.payments import selectors as payments_q
from apps.payments import services as payments
from apps.payments.types import RefundView
from apps.stations.events import WashRefundDue
from apps.stations.models import Command, TopUp, Wash
from apps.stations.services.accounts import CLEARING, REVENUE, TOP_UP_PURPOSE
from apps.stations.services.alerts import clear_alert, raise_alert
from apps.stations.services.moves import lock_top_up, move_top_up
from apps.stations.services.refunds import WAITS_FOR_BANK
from apps.stations.states import Severity, TopUpStatus
from apps.stations.top_up_terms import with_less

HOLDS_ML = (TopUpStatus.AWAITING_PAYMENT, TopUpStatus.PAID)


def give_back(top_up: TopUp, *, reason: str) -> bool:
    """Take the seconds off the wash's total again and write the refund down; False when it cannot move.

    The caller holds the wash's row lock; `top_up.wash` follows.
    """
    require_transaction()
    wash, before = top_up.wash, top_up.status
    if not move_top_up(top_up, TopUpStatus.REFUNDING, reason=reason, ended_at=real_now()):
        return False
    if before in HOLDS_ML:
        release_ml(top_up)
    if before == TopUpStatus.PAID:
        _lower_total(top_up)
    if payments_q.open_dispute(top_up.payment_id) is None:
        send(top_up, reason=reason)
    else:
        raise_alert(wash.bay.station, refund_component(top_up), Severity.WARNING, message=WAITS_FOR_BANK)
    return True


def waits_for_bank(top_up: TopUp) -> bool:
    """Whether its refund was not sent because the card's bank disputes the payment."""
    return top_up.status == TopUpStatus.REFUNDING and not top_up.refund_id


def send(top_up: TopUp, *, reason: str) -> None:
    """Hand the refund to payments; the caller holds the wash's row lock."""
    require_transaction()
    refund = payments.prepare_refund(
        payment_id=top_up.payment_id,
        purpose=TOP_UP_PURPOSE,
        subject=str(top_up.public_id),
        amount=top_up.price,
        reason=reason,
    )
    TopUp.objects.filter(pk=top_up.pk).update(refund_id=refund.id)
    events.publish(WashRefundDue(wash_id=str(top_up.wash.public_id), refund_id=refund.id))


def release_ml(top_up: TopUp) -> None:
    """Give free again what the tanks held for these seconds."""
    wash = top_up.wash
    wash.ml = with_less(wash.ml, top_up.ml)
    Wash.objects.filter(pk=wash.pk).update(ml=wash.ml)


def refund_succeeded(refund: RefundView) -> None:
    """Reverse the top-up's revenue and close it."""
    require_transaction()
    top_up = lock_top_up(refund.subject)
    if top_up is None or not move_top_up(top_up, TopUpStatus.REFUNDED):
        return
    ledger.post(
        kind="wash.refund",
        key=f"wash-refund:{refund.id}",
        legs=[debit(REVENUE, refund.amount), credit(CLEARING, refund.amount)],
        effective_at=business_now(),
    )
    clear_alert(top_up.wash.bay.station, refund_component(top_up))


def refund_failed(refund: RefundView) -> None:
    """Keep the top-up refunding and call a person; what a bank returned is open again."""
    require_transaction()
    top_up = lock_top_up(refund.subject)
    if top_up is None:
        return
    if top_up.status == TopUpStatus.REFUNDED:
        ledger.reverse(key=f"wash-refund:{refund.id}", reason_kind="wash.refund_returned")
        move_top_up(top_up, TopUpStatus.REFUNDING, reason="refund_returned")
    if top_up.status == TopUpStatus.REFUNDING:
        raise_alert(
            top_up.wash.bay.station,
            refund_component(top_up),
            Severity.CRITICAL,
            message="The refund of a top-up was refused or returned; refund it by hand.",
        )


def refund_component(top_up: TopUp) -> str:
    """Return the alert component of a top-up's refund."""
    return f"refund:{top_up.public_id}"


def _lower_total(top_up: TopUp) -> None:
    wash = top_up.wash
    Wash.objects.filter(pk=wash.pk).update(
        total_seconds=wash.total_seconds - top_up.add_seconds,
        topped_up_seconds=wash.topped_up_seconds - top_up.add_seconds,
        topped_up_minor=wash.topped_up_minor - top_up.amount_minor,
    )
    wash.refresh_from_db(fields=["total_seconds", "topped_up_seconds", "topped_up_minor"])
    Command.objects.filter(top_ups=top_up).update(next_attempt_at=None)
