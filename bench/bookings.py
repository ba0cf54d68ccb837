"""Booking and paying for free nights: the services, against the bare SQL of the same rows."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from bench import people
from bench.booking_rows import BareBooking
from bench.database import Addresses
from bench.figures import Figure
from bench.gateway import InstantGateway, standing_in
from bench.rounds import Side, Size, interleaved

OF_BARE_SQL = 0.5
_NAME = "book two free nights for one pet and pay for them"


def measure(addresses: Addresses, size: Size) -> list[Figure]:
    """Return the one figure. Both sides start from quotes that were made beforehand, each for nights of its own."""
    items, rounds = size.of(60, 2), size.of(9, 1)
    with standing_in(InstantGateway()), _bare(addresses) as bare:
        sides: dict[str, Side] = {
            "service": _side(Stays("service"), _book_and_pay, items),
            "sql": _side(Stays("sql"), bare.book_and_pay, items),
        }
        times = interleaved(sides, rounds)
    ratio = times.ratio("service", "sql")
    return [
        Figure(
            _NAME,
            f"{times.rate('service', items):,.0f}/s",
            f"the same rows in bare SQL {times.rate('sql', items):,.0f}/s",
            ratio,
            f"≥ {OF_BARE_SQL:g} x",
            ratio >= OF_BARE_SQL,
        )
    ]


class Stays:
    """One owner's quotes for nights that nobody has: as many as are asked for, a hundred stays a sitter."""

    def __init__(self, name: str) -> None:
        from apps.pets.models import Pet
        from apps.pets.states import Species

        self._name = name
        self.owner = people.owner(name)
        self._pet = Pet.objects.create(owner=self.owner, name="Rex", species=Species.DOG)
        self._number = itertools.count()
        self._sitter: Any = None

    def quotes(self, many: int) -> list[tuple[Any, Any, Any]]:
        """Return that many quotes, each with its owner and pet."""
        return [(self._quote(), self.owner, self._pet) for _ in range(many)]

    def _quote(self) -> Any:
        from apps.bookings import services
        from apps.bookings.types import Service
        from apps.common.clock import business_now

        number = next(self._number)
        if number % 100 == 0:
            self._sitter = people.sitters(f"{self._name}-{number}", 1)[0]
        first = business_now().date() + timedelta(days=1 + 2 * (number % 100))
        wish = services.StayWish(
            str(self._sitter.public_id), Service.BOARDING, first, first + timedelta(days=2), pets=1
        )
        return services.price_stay(actor=self.owner, wish=wish)


def _side(stays: Stays, one: Callable[[Any, Any, Any], None], items: int) -> Side:
    def side(_round: int) -> float:
        quotes = stays.quotes(items)
        started = time.perf_counter()
        for quote, owner, pet in quotes:
            one(quote, owner, pet)
        return time.perf_counter() - started

    return side


def _book_and_pay(quote: Any, owner: Any, pet: Any) -> None:
    from apps.bookings import services

    booking = services.create_booking(actor=owner, quote_id=str(quote.public_id), pet_ids=[str(pet.public_id)])
    paid, _ = services.deposit(actor=owner, booking_id=str(booking.public_id), payment_method="pm_card_visa")
    assert paid.status == "requested", "the money is held and the sitter is asked"


@contextmanager
def _bare(addresses: Addresses) -> Iterator[BareBooking]:
    import psycopg

    with psycopg.connect(addresses.app, autocommit=True) as connection:
        yield BareBooking(connection)
