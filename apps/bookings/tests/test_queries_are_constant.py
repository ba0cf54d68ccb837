"""A longer stay with more pets costs no more queries: neither to book nor to pay."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.bookings import services
from apps.bookings.tests.factories import VISA, make_pet, make_quote


def queries_of_booking(owner, sitter, *, start: int, nights: int, pets: int) -> tuple[int, int]:
    quote = make_quote(owner, sitter, start=start, nights=nights, pets=pets)
    names = [make_pet(owner) for _ in range(pets)]
    with CaptureQueriesContext(connection) as booking_queries:
        booking = services.create_booking(actor=owner, quote_id=str(quote.public_id), pet_ids=names)
    with CaptureQueriesContext(connection) as deposit_queries:
        services.deposit(actor=owner, booking_id=str(booking.public_id), payment_method=VISA)
    return statements(booking_queries), statements(deposit_queries)


def statements(queries: CaptureQueriesContext) -> int:
    """Count what a server in production is sent: a test's savepoints and the demo's clock are left out."""
    asides = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT")
    texts = [query["sql"] for query in queries.captured_queries]
    return sum(not text.startswith(asides) and "common_business_clock" not in text for text in texts)


def test_queries_do_not_grow_with_nights_and_pets(owner, sitter, stripe_sandbox):
    queries_of_booking(owner, sitter, start=1, nights=1, pets=1)  # opens the company's accounts in the ledger

    short = queries_of_booking(owner, sitter, start=5, nights=1, pets=1)
    long = queries_of_booking(owner, sitter, start=10, nights=14, pets=2)

    assert short == long == (15, 31)
