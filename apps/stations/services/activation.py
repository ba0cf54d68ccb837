"""Selling a wash: refuse before money moves, lease the bay, charge, and let the purpose start it."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.common.clock import real_now
from apps.common.errors import Conflict, InvalidInput, PaymentRefused
from apps.common.ids import uuid7
from apps.payments import services as payments
from apps.stations import availability
from apps.stations.models import Bay, Program, Station, Tank, Wash, WashTransition
from apps.stations.services import card_limits, presence
from apps.stations.services.accounts import PURPOSE
from apps.stations.states import OPEN_WASH, WashStatus
from apps.stations.tokens import hash_purchase, hash_wash_token, make_wash_token

LEASE = timedelta(minutes=3)


@dataclass(frozen=True)
class Activation:
    """A leased bay with its charge: the wash, the customer's key to it, and 3-D Secure's secret."""

    wash: Wash
    wash_token: str
    client_secret: str | None


def activate(
    *,
    bay_id: str,
    bay_token: str,
    program: str,
    payment_method: str,
    key: str,
    address: str,
    presence_code: str = "",
) -> Activation:
    """Sell one run of a program at a bay to whoever stands there.

    `key` is the customer's idempotency key: a repeat after a crash goes on with the wash, the
    payment and the token of the first attempt. `address` is the customer's network address.

    Raises: NotFound; Forbidden `bay_token_invalid`, `presence_code_required`, `presence_code_invalid`;
    InvalidInput for a code where none is shown; Conflict `bay_busy`, `bay_offline`,
    `bay_fault`, `tank_too_low`, `station_no_host`, `station_closed`, `station_closing_soon`;
    PaymentRefused with the card's reason; TooManyRequests `too_many_attempts`.
    """
    bay = presence.find_bay(bay_id, bay_token)
    purchase = hash_purchase(str(bay.public_id), key)
    begun = Wash.objects.filter(purchase=purchase).first()
    fresh = begun is None
    if begun is None:
        card_limits.admit(bay, address=address, payment_method=payment_method)
        presence.demand_code(bay, presence_code, address=address)
        with transaction.atomic(durable=True):
            begun = _lease(bay, program, payment_method, purchase)
    payment = payments.execute_payment(begun.payment_id)
    wash = Wash.objects.select_related("bay__station", "program").get(pk=begun.pk)
    if payment.status in ("failed", "cancelled"):
        if fresh:
            card_limits.count_declined(address)
        raise PaymentRefused(
            payment.failure_code or "payment_refused",
            payment.failure_message or "The payment was refused. Try another card.",
        )
    waiting = wash.status == WashStatus.AWAITING_PAYMENT
    return Activation(wash, _token_of(wash, purchase), payment.client_secret if waiting else None)


def _token_of(wash: Wash, purchase: str) -> str:
    return make_wash_token(settings.BAY_TOKEN_KEY, str(wash.public_id), purchase)


def _lease(bay: Bay, code: str, payment_method: str, purchase: str) -> Wash:
    station = Station.objects.select_for_update(no_key=True).get(pk=bay.station_id)
    bay = Bay.objects.select_related("station").get(pk=bay.pk)
    program = Program.objects.filter(station=station, code=code, active=True).first()
    if program is None:
        raise InvalidInput.field("program", "is not offered at this station")
    _refuse_if_unfit(station, bay, program)
    card_limits.refuse_bay(bay)
    wash = _open_wash(bay, program, purchase)
    payment = payments.prepare_payment(
        purpose=PURPOSE,
        subject=str(wash.public_id),
        amount=wash.price,
        payment_method=payment_method,
        transfer_group=str(wash.public_id),
        metadata={"wash": str(wash.public_id), "station": station.slug},
    )
    Wash.objects.filter(pk=wash.pk).update(payment_id=payment.id)
    wash.payment_id = payment.id
    return wash


def _refuse_if_unfit(station: Station, bay: Bay, program: Program) -> None:
    open_washes = list(Wash.objects.filter(bay__station=station, status__in=OPEN_WASH))
    tanks = list(Tank.objects.filter(station=station))
    refusal = availability.refusal(station, bay, program, tanks, open_washes)
    if refusal is not None:
        raise Conflict(refusal.code, refusal.sentence, refusal.details)


def _open_wash(bay: Bay, program: Program, purchase: str) -> Wash:
    public_id = uuid7()
    token = make_wash_token(settings.BAY_TOKEN_KEY, str(public_id), purchase)
    try:
        with transaction.atomic():
            wash = Wash.objects.create(
                public_id=public_id,
                purchase=purchase,
                bay=bay,
                program=program,
                amount_minor=program.price_minor,
                currency=program.currency,
                total_seconds=program.seconds,
                ml=program.ml,
                token_hash=hash_wash_token(token),
                lease_expires_at=real_now() + LEASE,
            )
    except IntegrityError as error:
        raise Conflict("bay_busy", "Somebody else has just taken this bay. Nothing was charged.") from error
    WashTransition.objects.create(wash=wash, to_status=wash.status, reason="leased")
    return wash
