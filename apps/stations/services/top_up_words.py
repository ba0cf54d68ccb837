"""What becomes of a top-up: its payment's results and its station's word, in their transaction.

The total is raised when the money is there, so that pro-rata sums and the station agree; it is lowered
again when the station never confirms. `accepted` is a confirmation here: a station stores the new total
before it answers, and no valve has to open for it.
"""

from apps.common.clock import business_now, real_now
from apps.common.db import require_transaction
from apps.ledger import services as ledger
from apps.ledger.types import credit, debit
from apps.payments.types import PaymentView
from apps.stations.models import Command, TopUp, Wash
from apps.stations.services import card_limits, commands
from apps.stations.services.accounts import CLEARING, GOODWILL, REVENUE
from apps.stations.services.alerts import raise_alert
from apps.stations.services.moves import lock_top_up, move_top_up
from apps.stations.services.top_up_refunds import give_back, release_ml
from apps.stations.states import CommandType, Severity, TopUpStatus, WashStatus

TAKES_TOP_UPS = (WashStatus.RUNNING, WashStatus.PAUSED)
UNCONFIRMED = "top_up_unconfirmed"
"""The reason of a refund that assumed that the station never heard of the top-up."""


def payment_succeeded(payment: PaymentView) -> None:
    """Book the revenue, raise the total and tell the station; too late for the wash: all goes back."""
    require_transaction()
    top_up = lock_top_up(payment.subject)
    if top_up is None or top_up.paid_at is not None:
        return
    wash, now = top_up.wash, real_now()
    TopUp.objects.filter(pk=top_up.pk).update(paid_at=now, payment_id=payment.id)
    top_up.paid_at, top_up.payment_id = now, payment.id
    ledger.post(
        kind="wash.top_up",
        key=f"wash-top-up:{top_up.public_id}",
        legs=[debit(CLEARING, top_up.price), credit(REVENUE, top_up.price)],
        effective_at=business_now(),
    )
    if wash.status not in TAKES_TOP_UPS:
        give_back(top_up, reason="wash_ended")
    elif top_up.lease_expires_at <= now or not move_top_up(top_up, TopUpStatus.PAID):
        give_back(top_up, reason="lease_ended")
    else:
        _raise_total(top_up)


def payment_ended(payment: PaymentView) -> None:
    """End a top-up whose payment failed or was cancelled; the wash goes on as it was."""
    require_transaction()
    top_up = lock_top_up(payment.subject)
    if top_up is None:
        return
    reason = (payment.failure_code or payment.status)[:80]
    if move_top_up(top_up, TopUpStatus.CANCELLED, reason=reason, ended_at=real_now()):
        release_ml(top_up)
        card_limits.count_unpaid(top_up.wash, payment)


def answered(wash: Wash, command: Command, *, refused: bool) -> None:
    """The station's answer to a top-up: it has stored the total, or never will."""
    top_up = wash.top_ups.filter(command=command, status=TopUpStatus.PAID).first()
    if top_up is None:
        return
    top_up.wash = wash
    if refused:
        give_back(top_up, reason="top_up_refused")
    else:
        _confirm(top_up)


def reached(wash: Wash, seconds: int) -> None:
    """The station speaks of so many seconds in all: what it cannot know otherwise, it was told.

    A top-up that went back as never heard of was given away after all: it is booked as goodwill.
    """
    require_transaction()
    paid = _open_one(wash)
    if paid is not None and seconds > paid.expected_total:
        _confirm(paid)
    if seconds <= wash.total_seconds:
        return
    gone = (TopUpStatus.REFUNDING, TopUpStatus.REFUNDED)
    lost = wash.top_ups.filter(status__in=gone, reason=UNCONFIRMED, goodwill=False, expected_total__lt=seconds)
    for top_up in lost.order_by("id"):
        top_up.wash = wash
        _book_goodwill(top_up)


def end_with_wash(wash: Wash) -> None:
    """Give a top-up back that the station has not confirmed by the end of its wash: none of it ran."""
    require_transaction()
    paid = _open_one(wash)
    if paid is not None:
        give_back(paid, reason="wash_ended")


def _open_one(wash: Wash) -> TopUp | None:
    paid = wash.top_ups.filter(status=TopUpStatus.PAID).first()
    if paid is not None:
        paid.wash = wash
    return paid


def _confirm(top_up: TopUp) -> None:
    if move_top_up(top_up, TopUpStatus.CONFIRMED):
        Command.objects.filter(top_ups=top_up).update(next_attempt_at=None)


def _raise_total(top_up: TopUp) -> None:
    wash = top_up.wash
    Wash.objects.filter(pk=wash.pk).update(
        total_seconds=wash.total_seconds + top_up.add_seconds,
        topped_up_seconds=wash.topped_up_seconds + top_up.add_seconds,
        topped_up_minor=wash.topped_up_minor + top_up.amount_minor,
    )
    wash.refresh_from_db(fields=["total_seconds", "topped_up_seconds", "topped_up_minor"])
    command = commands.issue(CommandType.TOP_UP, wash=wash)
    TopUp.objects.filter(pk=top_up.pk).update(command=command)


def _book_goodwill(top_up: TopUp) -> None:
    TopUp.objects.filter(pk=top_up.pk).update(goodwill=True)
    ledger.post(
        kind="wash.goodwill",
        key=f"wash-top-up-goodwill:{top_up.public_id}",
        legs=[debit(GOODWILL, top_up.price), credit(REVENUE, top_up.price)],
        effective_at=business_now(),
    )
    bay = top_up.wash.bay
    raise_alert(
        bay.station,
        f"bay:{bay.number}:late-top-up",
        Severity.WARNING,
        message="A station ran a top-up after it had been refunded; it was booked as goodwill.",
    )
