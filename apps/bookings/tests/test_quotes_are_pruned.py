"""Prices that nobody booked are forgotten 30 days after they expired."""

from datetime import timedelta

from apps.bookings import services
from apps.bookings.models import Quote
from apps.bookings.services import quotes
from apps.bookings.tests.factories import make_booking, make_quote
from apps.bookings.tests.instants import go_to


def test_unused_prices_go_after_thirty_days_and_booked_ones_stay(owner, sitter):
    booked = make_booking(owner, sitter, start=3).quote
    unused = make_quote(owner, sitter, start=40)
    go_to(unused.expires_at + timedelta(days=30) - timedelta(minutes=1))
    assert services.prune_quotes() == 0
    go_to(unused.expires_at + timedelta(days=30))
    fresh = make_quote(owner, sitter, start=40)
    assert services.prune_quotes() == 1
    assert set(Quote.objects.values_list("pk", flat=True)) == {booked.pk, fresh.pk}
    assert services.prune_quotes() == 0


def test_many_go_batch_by_batch(owner, sitter, monkeypatch):
    monkeypatch.setattr(quotes, "PRUNE_BATCH", 2)
    last = [make_quote(owner, sitter, start=40) for _ in range(5)][-1]
    go_to(last.expires_at + timedelta(days=30))
    assert services.prune_quotes() == 5
    assert not Quote.objects.exists()
