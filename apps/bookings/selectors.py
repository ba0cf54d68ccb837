"""Reads of bookings: the only door to one. Owner and sitter of a booking see it, nobody else."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch, Q

from apps.accounts.models import User
from apps.bookings.models import Booking, BookingPet, BookingQuerySet, Quote
from apps.bookings.states import BookingStatus
from apps.common.errors import Forbidden, NotFound
from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.escrow import selectors as escrow_q
from apps.escrow.types import Whereabouts


@dataclass(frozen=True)
class MoneyReport:
    """Where the money of a booking is: what was paid in, and the places that it went to."""

    booking_id: str
    escrow_status: str
    frozen: bool
    disputed: bool
    paid_in: Money
    release_due_at: datetime | None
    places: list[Whereabouts]

    def at(self, *places: str) -> int:
        """Return the sum of these places, in minor units."""
        return sum(place.amount.amount_minor for place in self.places if place.place in places)


def access_quote_to_book(actor: User, quote_id: str) -> Quote:
    """Return a quote of the actor's own, locked until the transaction ends: two requests with it wait for each other.

    Raises: NotFound, also for a quote of somebody else.
    """
    public_id = parse_public_id(quote_id)
    quotes = Quote.objects.select_for_update(of=("self",)).select_related("sitter").filter(owner=actor)
    quote = quotes.filter(public_id=public_id).first() if public_id else None
    if quote is None:
        raise NotFound
    return quote


def bookings_seen_by(actor: User) -> BookingQuerySet:
    """Return the bookings in which the actor is the owner or the sitter."""
    return (
        Booking.objects.seen_by(actor)
        .select_related("owner", "sitter__user", "quote", "no_show_review")
        .prefetch_related(Prefetch("booked_pets", BookingPet.objects.select_related("pet")))
    )


def access_booking(actor: User, booking_id: str) -> Booking:
    """Return a booking in which the actor is the owner or the sitter.

    Raises: NotFound for everybody else.
    """
    public_id = parse_public_id(booking_id)
    booking = bookings_seen_by(actor).filter(public_id=public_id).first() if public_id else None
    if booking is None:
        raise NotFound
    return booking


def access_as_owner(actor: User, booking_id: str) -> Booking:
    """Return a booking for what only its owner may do.

    Raises: NotFound for strangers; Forbidden `only_the_owner` for its sitter.
    """
    booking = access_booking(actor, booking_id)
    if booking.owner_id != actor.pk:
        raise Forbidden("only_the_owner", "Only the owner who booked may do this.")
    return booking


def access_key_as_owner(actor: User, booking_id: str) -> str:
    """Return a booking's outside id by the rules of `access_as_owner`, and read no more of it."""
    public_id = parse_public_id(booking_id)
    owners = Booking.objects.seen_by(actor).values_list("owner_id", flat=True)
    owner = owners.filter(public_id=public_id).first() if public_id else None
    if owner is None:
        raise NotFound
    if owner != actor.pk:
        raise Forbidden("only_the_owner", "Only the owner who booked may do this.")
    return str(public_id)


def access_as_sitter(actor: User, booking_id: str) -> Booking:
    """Return a booking for what only its sitter may do.

    Raises: NotFound for strangers; Forbidden `only_the_sitter` for its owner.
    """
    booking = access_booking(actor, booking_id)
    if booking.sitter.user_id != actor.pk:
        raise Forbidden("only_the_sitter", "Only the sitter of this booking may do this.")
    return booking


def has_confirmed_booking(owner_user_id: int, sitter_user_id: int) -> bool:
    """Tell whether the two people have agreed on a stay that nobody called off."""
    return Booking.objects.agreed().filter(owner_id=owner_user_id, sitter__user_id=sitter_user_id).exists()


def open_counts() -> dict[str, int]:
    """Return how many bookings are under way, by state, of the newest 5,000."""
    under_way = [BookingStatus.REQUESTED, BookingStatus.CONFIRMED, BookingStatus.IN_PROGRESS]
    newest = Booking.objects.order_by("-id").values("id")[:5_000]
    rows = Booking.objects.filter(id__in=newest, status__in=under_way).order_by()
    return dict(rows.values_list("status").annotate(number=Count("id")))


def open_bookings_of(user: User) -> int:
    """Return how many bookings of a person are neither over nor called off."""
    over = Q(status__in=["completed", "declined", "expired", "cancelled", "no_show"])
    settled = Q(escrow_status__in=["released", "refunded", "void", "awaiting_funds", "clawed_back"])
    return Booking.objects.seen_by(user).exclude(over & settled).count()


def money_of(actor: User, booking_id: str, as_of: datetime | None = None) -> MoneyReport:
    """Say where each cent of a booking is, or was at an instant; the places add up to what was paid.

    Raises: NotFound for everybody but its owner and its sitter.
    """
    key = str(access_booking(actor, booking_id).public_id)
    money = escrow_q.money_of(key, as_of)
    return MoneyReport(
        booking_id=key,
        escrow_status=money.state,
        frozen=money.frozen,
        disputed=money.disputed,
        paid_in=money.paid_in,
        release_due_at=money.release_due_at,
        places=money.places,
    )


def references_of(ids: Collection[str]) -> dict[str, str]:
    """Return the references of bookings by their outside id, in one query; for the console."""
    keys = [key for text in ids if (key := parse_public_id(text)) is not None]
    bookings = Booking.objects.filter(public_id__in=keys)
    return {str(key): reference for key, reference in bookings.values_list("public_id", "reference")}


def id_of_reference(reference: str) -> str | None:
    """Return the outside id of the booking with this reference, whatever its case; for the console."""
    key = Booking.objects.filter(reference=reference.strip().upper()).values_list("public_id", flat=True).first()
    return None if key is None else str(key)
