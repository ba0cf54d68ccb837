"""Nights driven at random, held against a model that a child could check."""

from collections import defaultdict
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from apps.common.clock import business_now
from apps.common.errors import Conflict
from apps.sitters import services as sitters
from apps.sitters.models import NightReservation, SitterNight
from apps.sitters.tests.factories import ClearedSitterFactory
from apps.sitters.types import RateInput

pytestmark = pytest.mark.django_db
DAYS = 4
SERVICES = ("boarding", "day_care", "house_sitting")


class Nights(RuleBasedStateMachine):
    """Reserve, free, close, open, and change capacities, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.sitter = ClearedSitterFactory.create(capacities={"boarding": 2, "day_care": 3, "house_sitting": 2})
        self.first: date = business_now().date() + timedelta(days=10)
        self.bookings: dict[str, tuple[str, int, set[date]]] = {}
        self.closed: set[date] = set()
        self.capacity = {"boarding": 2, "day_care": 3, "house_sitting": 2}
        self.count = 0

    def span(self, start: int, length: int) -> list[date]:
        return [self.first + timedelta(days=min(start + n, DAYS)) for n in range(length)]

    def on(self, night: date) -> list[tuple[str, int]]:
        return [(service, pets) for service, pets, nights in self.bookings.values() if night in nights]

    def fits(self, night: date, service: str, pets: int) -> bool:
        there = self.on(night)
        if night in self.closed or any(kind == "house_sitting" for kind, _ in there):
            return False
        if service == "house_sitting":
            return not there
        return sum(count for _, count in there) + pets <= self.capacity[service]

    @rule(
        service=st.sampled_from(SERVICES),
        start=st.integers(0, DAYS),
        length=st.integers(1, 3),
        pets=st.integers(1, 3),
    )
    def reserve(self, service: str, start: int, length: int, pets: int) -> None:
        self.count += 1
        booking, nights = f"{self.sitter.pk}-{self.count}", self.span(start, length)
        fits = pets <= self.capacity[service] and all(self.fits(night, service, pets) for night in nights)
        try:
            with transaction.atomic():
                sitters.reserve_nights(
                    sitter_id=self.sitter.pk, service=service, nights=nights, pets=pets, booking=booking
                )
        except Conflict:
            assert not fits
        else:
            assert fits
            self.bookings[booking] = (service, pets, set(nights))

    @precondition(lambda self: self.bookings)
    @rule(data=st.data())
    def free(self, data: st.DataObject) -> None:
        booking = data.draw(st.sampled_from(sorted(self.bookings)))
        with transaction.atomic():
            sitters.free_nights(booking=booking)
        del self.bookings[booking]

    @rule(offset=st.integers(0, DAYS))
    def close(self, offset: int) -> None:
        night = self.first + timedelta(days=offset)
        try:
            sitters.set_calendar(self.sitter.user, block=[night])
        except Conflict:
            assert self.on(night)
        else:
            assert not self.on(night)
            self.closed.add(night)

    @rule(offset=st.integers(0, DAYS))
    def open_again(self, offset: int) -> None:
        night = self.first + timedelta(days=offset)
        sitters.set_calendar(self.sitter.user, open_up=[night])
        self.closed.discard(night)

    @rule(capacity=st.integers(3, 5))
    def grow(self, capacity: int) -> None:
        self.capacity["day_care"] = capacity
        sitters.set_rates(self.sitter.user, [RateInput(name, 4000, 0, count) for name, count in self.capacity.items()])

    @invariant()
    def table_and_model_agree(self) -> None:
        booked: dict[date, int] = defaultdict(int)
        for service, pets, nights in self.bookings.values():
            for night in nights:
                booked[night] += 0 if service == "house_sitting" else pets
        for row in SitterNight.objects.filter(sitter=self.sitter):
            exclusive = any(kind == "house_sitting" for kind, _ in self.on(row.night))
            assert row.exclusive is exclusive
            assert row.booked == (row.capacity if exclusive else booked[row.night])
            assert row.blocked is (row.night in self.closed)
        held = NightReservation.objects.filter(night__sitter=self.sitter, freed_at__isnull=True)
        assert held.count() == sum(len(nights) for _, _, nights in self.bookings.values())


def test_no_order_of_steps_oversells_a_night():
    run_state_machine_as_test(
        Nights,
        settings=settings(
            max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
