"""What the API of sitters reads and writes."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.common.clock import business_now
from apps.sitters.selectors import ORDERINGS
from apps.sitters.states import (
    CancellationTier,
    ServiceKind,
    TrustBadge,
    VettingStatus,
)

MAX_MINOR = 1_000_000_000
MAX_PETS = 20
MAX_NIGHTS = 60
HORIZON = timedelta(days=3 * 365)  # calendars end somewhere, and dates must not overflow


class PlaceSerializer(serializers.Serializer[Any]):
    """A point, in degrees."""

    lat = serializers.FloatField(min_value=-90, max_value=90)
    lng = serializers.FloatField(min_value=-180, max_value=180)


class RateSerializer(serializers.Serializer[Any]):
    """One service; `extra_pet_minor` is for the second pet and each one after it, a night."""

    service = serializers.ChoiceField(ServiceKind.choices)
    nightly_minor = serializers.IntegerField(min_value=1, max_value=MAX_MINOR)
    extra_pet_minor = serializers.IntegerField(min_value=0, max_value=MAX_MINOR, default=0)
    capacity = serializers.IntegerField(min_value=1, max_value=MAX_PETS)


class RatesSerializer(serializers.Serializer[Any]):
    """A sitter's whole price list."""

    services = RateSerializer(many=True)


class RatesAnswerSerializer(RatesSerializer):
    """The price list with its currency."""

    currency = serializers.CharField()


class ProfileInputSerializer(serializers.Serializer[Any]):
    """What a sitter says about themselves; a field that is not sent stays as it is."""

    display_name = serializers.CharField(max_length=60)
    bio = serializers.CharField(max_length=2000, allow_blank=True, required=False)
    lat = serializers.FloatField(min_value=-90, max_value=90, required=False)
    lng = serializers.FloatField(min_value=-180, max_value=180, required=False)
    timezone = serializers.CharField(max_length=64, required=False)
    listed = serializers.BooleanField(required=False)
    currency = serializers.ChoiceField(
        sorted(settings.CURRENCIES),
        required=False,
        error_messages={"invalid_choice": f"We pay out in {', '.join(sorted(settings.CURRENCIES))}."},
    )
    cancellation_tier = serializers.ChoiceField(CancellationTier.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A place has both coordinates."""
        if ("lat" in attrs) != ("lng" in attrs):
            missing = "lng" if "lat" in attrs else "lat"
            raise serializers.ValidationError({missing: ["lat and lng belong together."]})
        return attrs


class OwnProfileSerializer(serializers.Serializer[Any]):
    """A profile as its sitter sees it."""

    id = serializers.UUIDField()
    display_name = serializers.CharField()
    bio = serializers.CharField()
    lat = serializers.FloatField(allow_null=True)
    lng = serializers.FloatField(allow_null=True)
    timezone = serializers.CharField()
    listed = serializers.BooleanField()
    currency = serializers.CharField()
    cancellation_tier = serializers.ChoiceField(CancellationTier.choices)
    plan = serializers.CharField()
    vetting_status = serializers.ChoiceField(VettingStatus.choices)
    trust_badge = serializers.ChoiceField(TrustBadge.choices)
    services = RateSerializer(many=True)


class PublicSitterSerializer(serializers.Serializer[Any]):
    """A sitter as everybody sees them; the place is about 500 m away from the home."""

    id = serializers.UUIDField()
    display_name = serializers.CharField()
    bio = serializers.CharField()
    place = PlaceSerializer()
    timezone = serializers.CharField()
    badge = serializers.ChoiceField(TrustBadge.choices)
    currency = serializers.CharField()
    cancellation_tier = serializers.ChoiceField(CancellationTier.choices)
    services = RateSerializer(many=True)
    cancelled_stays = serializers.IntegerField(help_text="Stays that the sitter had accepted and called off.")
    missed_stays = serializers.IntegerField(help_text="Stays for which the sitter was not there.")
    distance_km = serializers.FloatField(allow_null=True, help_text="From the place searched for.")


class SearchSerializer(serializers.Serializer[Any]):
    """The query of a search; `end_date` is the day of leaving."""

    lat = serializers.FloatField(min_value=-90, max_value=90, required=False)
    lng = serializers.FloatField(min_value=-180, max_value=180, required=False)
    radius_km = serializers.FloatField(min_value=0.1, max_value=200, default=25.0)
    start_date = serializers.DateField(required=False)
    end_date = serializers.DateField(required=False)
    service = serializers.ChoiceField(ServiceKind.choices, required=False)
    pets = serializers.IntegerField(min_value=1, max_value=MAX_PETS, default=1)
    sort = serializers.ChoiceField(list(ORDERINGS), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Pairs belong together, and a sort needs what it sorts by."""
        _together(attrs, "lat", "lng")
        _together(attrs, "start_date", "end_date")
        if "start_date" in attrs:
            nights = attrs["end_date"] - attrs["start_date"]
            if not timedelta(days=1) <= nights <= timedelta(days=MAX_NIGHTS):
                problem = f"must be 1 to {MAX_NIGHTS} days after start_date"
                raise serializers.ValidationError({"end_date": [problem]})
        sort = attrs.setdefault("sort", "distance" if "lat" in attrs else "newest")
        if sort == "distance" and "lat" not in attrs:
            raise serializers.ValidationError({"lat": ["is required to sort by distance"]})
        if sort == "price" and "service" not in attrs:
            raise serializers.ValidationError({"service": ["is required to sort by price"]})
        return attrs


def _together(attrs: dict[str, Any], one: str, other: str) -> None:
    if (one in attrs) != (other in attrs):
        missing = other if one in attrs else one
        raise serializers.ValidationError({missing: [f"{one} and {other} belong together."]})


def refuse_far_date(value: date) -> None:
    """Raises: ValidationError for a date more than three years from now, either way."""
    if abs(value - business_now().date()) > HORIZON:
        raise serializers.ValidationError("must be within three years from today")


class CalendarQuerySerializer(serializers.Serializer[Any]):
    """Which nights to show: 60 from today, unless given."""

    start = serializers.DateField(required=False, validators=[refuse_far_date])
    end = serializers.DateField(required=False, validators=[refuse_far_date], help_text="The last night shown.")


class NightSerializer(serializers.Serializer[Any]):
    """One night of a calendar."""

    date = serializers.DateField(source="night")
    available = serializers.SerializerMethodField()
    capacity = serializers.IntegerField()
    booked = serializers.IntegerField()
    free = serializers.IntegerField()

    def get_available(self, night: Any) -> bool:
        """Whether the sitter keeps the night open."""
        return not night.blocked


class CalendarSerializer(serializers.Serializer[Any]):
    """A sitter's calendar."""

    nights = NightSerializer(many=True)


class NightInputSerializer(serializers.Serializer[Any]):
    """Open or close one night."""

    date = serializers.DateField(validators=[refuse_far_date])
    available = serializers.BooleanField()


class CalendarInputSerializer(serializers.Serializer[Any]):
    """Nights to open and close; those not named stay as they are."""

    nights = serializers.ListField(child=NightInputSerializer(), min_length=1, max_length=366)


class PayoutAccountSerializer(serializers.Serializer[Any]):
    """Where a sitter's earnings go."""

    id = serializers.UUIDField()
    payouts_enabled = serializers.BooleanField(help_text="False until the payment provider knows enough.")
