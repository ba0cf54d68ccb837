"""Sitters for tests."""

from datetime import timedelta
from typing import Any

import factory

from apps.accounts.tests.factories import SitterUserFactory
from apps.common.clock import business_now
from apps.sitters.geo import Place
from apps.sitters.models import SitterProfile, SitterService
from apps.sitters.states import ServiceKind, TrustBadge, VettingStatus
from apps.sitters.trust import one_year_after

BERLIN = Place(52.52, 13.405)


class SitterProfileFactory(factory.django.DjangoModelFactory[SitterProfile]):
    """A sitter who has not applied for vetting, in Berlin, unlisted."""

    class Meta:
        model = SitterProfile

    user = factory.SubFactory(SitterUserFactory)
    display_name = factory.Sequence(lambda n: f"Sitter {n}")
    lat = BERLIN.lat
    lng = BERLIN.lng
    public_lat = factory.SelfAttribute("lat")
    public_lng = factory.SelfAttribute("lng")


class ClearedSitterFactory(SitterProfileFactory):
    """A sitter who can be booked for every service: two pets a night, four for day care."""

    listed = True
    vetting_status = VettingStatus.CLEARED
    trust_badge = TrustBadge.VETTED
    cleared_at = factory.LazyFunction(lambda: business_now() - timedelta(days=1))
    clearance_date = factory.LazyAttribute(lambda sitter: sitter.cleared_at.date())
    clearance_expires_at = factory.LazyAttribute(lambda sitter: one_year_after(sitter.cleared_at))

    @classmethod
    def _create(cls, model_class: type[SitterProfile], *args: Any, **kwargs: Any) -> SitterProfile:
        capacities = kwargs.pop("capacities", {"boarding": 2, "day_care": 4, "house_sitting": 3})
        kwargs.setdefault("night_capacity", max(capacities.values(), default=0))
        sitter: SitterProfile = super()._create(model_class, *args, **kwargs)
        SitterService.objects.bulk_create(
            SitterService(
                sitter=sitter,
                service=ServiceKind(service),
                nightly_minor=4000,
                extra_pet_minor=1500,
                capacity=capacity,
            )
            for service, capacity in capacities.items()
        )
        return sitter
