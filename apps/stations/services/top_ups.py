"""Selling seconds to a wash that runs: refuse before money moves, charge, and let the purpose raise the total."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from apps.common.clock import real_now
from apps.common.errors import Conflict, InvalidInput, PaymentRefused
from apps.payments import services as payments
from apps.stations import availability, selectors
from apps.stations.models import Station, Tank, TopUp, TopUpTransition, Wash
from apps.stations.services import card_limits
from apps.stations.services.accounts import TOP_UP_PURPOSE
from apps.stations.services.moves import lock_wash
from apps.stations.services.top_up_words import TAKES_TOP_UPS
from apps.stations.states import OPEN_TOP_UP, OPEN_WASH, TopUpStatus
from apps.stations.tokens import hash_purchase
from apps.stations.top_up_terms import FEWEST_SECONDS, LONGEST_TOTAL, MOST_SECONDS, ml_of, price_of, with_more

LEASE = timedelta(minutes=3)


@dataclass(frozen=True)
class ToppedUp:
    """A top-up with its charge: the wash, and 3-D Secure's secret while the bank asks for it."""

    wash: Wash
    top_up: TopUp
    client_secret: str | None


@dataclass(frozen=True)
class TopUpOrder:
    """What the customer asks for: the total that they see, and how many seconds more."""

    expected_total_seconds: int
    add_seconds: int
    payment_method: str


def top_up(*, wash_id: str, wash_token: str, order: TopUpOrder, key: str, address: str) -> ToppedUp:
    """Sell more seconds to the holder of a wash token, at the rate of the purchase.

    `key` is the customer's idempotency key: a repeat after a crash goes on with the same top-up.

    Raises: NotFound; InvalidInput; Conflict `total_changed`, `top_up_pending`, `wash_not_running`, `station_closed`,
    `station_closing_soon`, `station_no_host`, `bay_offline`, `bay_fault`, `tank_too_low`; PaymentRefused with
    the card's reason; TooManyRequests `too_many_attempts`.
    """
    wash = selectors.access_wash(wash_id, wash_token)
    purchase = hash_purchase(f"top-up:{wash.public_id}", key)
    begun = TopUp.objects.filter(purchase=purchase).first()
    fresh = begun is None
    if begun is None:
        card_limits.admit(wash.bay, address=address, payment_method=order.payment_method)
        with transaction.atomic(durable=True):
            begun = _lease(wash, order, purchase)
    payment = payments.execute_payment(begun.payment_id)
    if payment.status in ("failed", "cancelled"):
        if fresh:
            card_limits.count_declined(address)
        raise PaymentRefused(
            payment.failure_code or "payment_refused",
            payment.failure_message or "The payment was refused. Try another card.",
        )
    sold = TopUp.objects.get(pk=begun.pk)
    waiting = sold.status == TopUpStatus.AWAITING_PAYMENT
    wash = selectors.access_wash(wash_id, wash_token)
    return ToppedUp(wash, sold, payment.client_secret if waiting else None)


def give_up(*, wash_id: str, wash_token: str) -> Wash:
    """Give an unpaid top-up up, so that another one may be bought at once; return the wash.

    Its money either never moves, or had come before: then it is paid, and the wash has its seconds. Without
    an unpaid one, and said twice, it changes nothing. The gateway out of reach: it ends as soon as that answers.
    Raises: NotFound.
    """
    wash = selectors.access_wash(wash_id, wash_token)
    unpaid = wash.top_ups.filter(status=TopUpStatus.AWAITING_PAYMENT).first()
    if unpaid is None:
        return wash
    payments.cancel_payment(unpaid.payment_id)  # its result moves the top-up, as a declined card's does
    return selectors.access_wash(wash_id, wash_token)


def _lease(found: Wash, order: TopUpOrder, purchase: str) -> TopUp:
    """Hold the chemicals and write the payment down, or refuse; two at once come here one after the other."""
    station = Station.objects.select_for_update(no_key=True).get(pk=found.bay.station_id)
    wash = lock_wash(str(found.public_id))
    assert wash is not None, "washes are never deleted"
    repeated = TopUp.objects.filter(purchase=purchase).first()
    if repeated is not None:
        return repeated
    _refuse_late(wash, order)
    _refuse_odd(order)
    need = ml_of(order.add_seconds, wash.ml, wash.bay_seconds)
    _refuse_unfit(station, wash, need, order.add_seconds)
    card_limits.refuse_bay(wash.bay)
    return _open_top_up(wash, order, need, purchase)


def _refuse_late(wash: Wash, order: TopUpOrder) -> None:
    if wash.status not in TAKES_TOP_UPS:
        raise Conflict(
            "wash_not_running", "Only a wash that runs or is paused can be topped up.", {"status": wash.status}
        )
    under_way = wash.top_ups.filter(status__in=OPEN_TOP_UP).first()
    unpaid = under_way is not None and under_way.status == TopUpStatus.AWAITING_PAYMENT
    if unpaid or order.expected_total_seconds != wash.total_seconds:
        raise Conflict(
            "total_changed",
            "Another top-up came first. Nothing was charged; look at the wash again.",
            {"total_seconds": wash.total_seconds},
        )
    if under_way is not None:
        raise Conflict(
            "top_up_pending", "The station has not confirmed the last top-up yet. Try again in a few seconds."
        )


def _refuse_odd(order: TopUpOrder) -> None:
    if not FEWEST_SECONDS <= order.add_seconds <= MOST_SECONDS:
        raise InvalidInput.field("add_seconds", f"must be from {FEWEST_SECONDS} to {MOST_SECONDS}")
    if order.expected_total_seconds + order.add_seconds > LONGEST_TOTAL:
        raise InvalidInput.field("add_seconds", f"one wash lasts at most {LONGEST_TOTAL} seconds in all")


def _refuse_unfit(station: Station, wash: Wash, need: dict[str, int], add_seconds: int) -> None:
    open_washes = list(Wash.objects.filter(bay__station=station, status__in=OPEN_WASH))
    tanks = list(Tank.objects.filter(station=station))
    refusal = availability.closed(station, selectors.seconds_left(wash) + add_seconds)
    refusal = refusal or availability.broken(station, wash.bay) or availability.dry_tank(need, tanks, open_washes)
    if refusal is not None:
        raise Conflict(refusal.code, refusal.sentence, refusal.details)


def _open_top_up(wash: Wash, order: TopUpOrder, need: dict[str, int], purchase: str) -> TopUp:
    price = price_of(order.add_seconds, wash.price, wash.bought_seconds)
    opened = TopUp.objects.create(
        wash=wash,
        expected_total=wash.total_seconds,
        add_seconds=order.add_seconds,
        amount_minor=price.amount_minor,
        currency=price.currency,
        ml=need,
        purchase=purchase,
        lease_expires_at=real_now() + LEASE,
    )
    TopUpTransition.objects.create(top_up=opened, to_status=opened.status, reason="leased")
    payment = payments.prepare_payment(
        purpose=TOP_UP_PURPOSE,
        subject=str(opened.public_id),
        amount=price,
        payment_method=order.payment_method,
        transfer_group=str(wash.public_id),
        metadata={"wash": str(wash.public_id), "station": wash.bay.station.slug},
    )
    TopUp.objects.filter(pk=opened.pk).update(payment_id=payment.id)
    Wash.objects.filter(pk=wash.pk).update(ml=with_more(wash.ml, need))
    opened.payment_id = payment.id
    return opened
