"""From a quote to a booking that waits for its payment, with the nights taken."""

import secrets
from datetime import timedelta

from django.db import transaction

from apps.accounts.models import User
from apps.bookings import selectors
from apps.bookings.models import Booking, BookingPet, Quote
from apps.bookings.schedule import nights_of, stay_instants
from apps.bookings.services.moves import record
from apps.bookings.types import Service
from apps.common.clock import business_now
from apps.common.errors import Conflict, InvalidInput
from apps.common.money import Money
from apps.escrow import services as escrow
from apps.escrow.types import HoldTerms
from apps.pets import selectors as pets_q
from apps.pets.models import Pet
from apps.sitters import services as sitters

PAYMENT_WINDOW = timedelta(minutes=15)
# The price shown is the price charged: the quote's terms become the booking's.
COPIED = (
    "service", "start_date", "end_date", "timezone", "pet_count", "currency", "subtotal_minor",
    "owner_fee_minor", "sitter_fee_minor", "owner_fee_pct", "sitter_fee_pct", "cancellation_policy",
)  # fmt: skip


def create_booking(*, actor: User, quote_id: str, pet_ids: list[str], message: str = "") -> Booking:
    """Take a quote's nights for fifteen minutes; the booking then waits for its payment.

    A quote makes one booking: a repeat is refused and told which one it made.
    Raises: NotFound for a quote or pet of somebody else; Conflict `quote_expired` |
    `quote_already_used` (details: booking_id) | `nights_unavailable` | `sitter_not_cleared`;
    InvalidInput when the pets are not as many as were priced.
    """
    with transaction.atomic(durable=True):
        quote = selectors.access_quote_to_book(actor, quote_id)
        pets = _pets(actor, quote, pet_ids)
        _refuse_used_or_old(quote)
        booking = _insert(actor, quote, pets, message)
        escrow.open_hold(_hold_terms(booking))
        sitters.reserve_nights(
            sitter_id=quote.sitter_id,
            service=quote.service,
            nights=list(nights_of(Service(quote.service), quote.start_date, quote.end_date)),
            pets=quote.pet_count,
            booking=str(booking.public_id),
        )
        record(booking, "", actor=actor, reason="booked from a quote")
    return booking


def _pets(actor: User, quote: Quote, pet_ids: list[str]) -> list[Pet]:
    if len(set(pet_ids)) != len(pet_ids):
        raise InvalidInput.field("pet_ids", "names a pet twice.")
    if len(pet_ids) != quote.pet_count:
        raise InvalidInput.field("pet_ids", f"The price is for {quote.pet_count}: name as many, or ask a new price.")
    return pets_q.access_owned_pets(actor, pet_ids)


def _refuse_used_or_old(quote: Quote) -> None:
    used = Booking.objects.filter(quote=quote).values_list("public_id", flat=True).first()
    if used is not None:
        raise Conflict(
            "quote_already_used", "This quote already made a booking: go on with that one.", {"booking_id": str(used)}
        )
    if quote.expires_at <= business_now():
        raise Conflict("quote_expired", "This price is no longer valid: ask for a new one.")


def _insert(actor: User, quote: Quote, pets: list[Pet], message: str) -> Booking:
    now = business_now()
    begins, ends = stay_instants(Service(quote.service), quote.start_date, quote.end_date, quote.timezone)
    booking = Booking.objects.create(
        owner=actor,
        sitter=quote.sitter,
        quote=quote,
        scheduled_start_at=begins,
        scheduled_end_at=ends,
        message=message,
        start_pin=f"{secrets.randbelow(1_000_000):06d}",
        created_at=now,
        hold_expires_at=now + PAYMENT_WINDOW,
        **{name: getattr(quote, name) for name in COPIED},
    )
    BookingPet.objects.bulk_create([BookingPet(booking=booking, pet=pet) for pet in pets])
    return booking


def _hold_terms(booking: Booking) -> HoldTerms:
    return HoldTerms(
        booking_id=str(booking.public_id),
        stay=Money(booking.subtotal_minor, booking.currency),
        owner_fee=Money(booking.owner_fee_minor, booking.currency),
        sitter_fee_pct=booking.sitter_fee_pct,
        payee_user_id=booking.sitter.user_id,
    )
