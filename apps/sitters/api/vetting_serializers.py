"""What the API of vetting reads and writes."""

import unicodedata
from datetime import date
from typing import Any

from rest_framework import serializers

from apps.common.clock import business_now
from apps.sitters.countries import COUNTRY_CODES
from apps.sitters.states import CaseStatus, CheckKind, CheckStatus, TrustBadge, VettingStatus
from apps.sitters.types import Address, Applicant

ADULT_YEARS = 18
OLDEST_YEARS = 120
DOCUMENT_TYPES = ["passport", "driving_licence", "national_id"]
NAME_MARKS = frozenset(" -.'\u2019")


def years_before(day: date, years: int) -> date:
    """Return the same day years ago; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


class PersonNameField(serializers.CharField):
    """A legal name: letters of any script, with spaces, hyphens, dots and apostrophes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=100, validators=[refuse_unlikely_name], **kwargs)


def refuse_unlikely_name(value: str) -> None:
    """Raises: ValidationError for digits, symbols, or a name without a first letter."""
    likely = all(mark in NAME_MARKS or unicodedata.category(mark)[0] in "LM" for mark in value)
    if not likely or not value[:1].isalpha():
        raise serializers.ValidationError("Enter the name as in the document: letters, spaces, hyphens, dots.")


class AddressSerializer(serializers.Serializer[Any]):
    """Where the applicant lives; goes to the provider, is not kept."""

    line1 = serializers.CharField(max_length=200)
    city = serializers.CharField(max_length=100)
    region = serializers.CharField(max_length=100)
    postal_code = serializers.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9 \-]{1,11}$",
        error_messages={"invalid": "Enter a postal code: 2 to 12 letters, digits, spaces or hyphens."},
    )
    country = serializers.CharField(min_length=2, max_length=2)

    def validate_country(self, value: str) -> str:
        """Only assigned ISO 3166-1 codes."""
        if value.upper() not in COUNTRY_CODES:
            raise serializers.ValidationError("Use a two-letter ISO 3166-1 code such as US.")
        return value.upper()


class VettingSubmitSerializer(serializers.Serializer[Any]):
    """An application for vetting."""

    legal_first_name = PersonNameField()
    legal_last_name = PersonNameField()
    date_of_birth = serializers.DateField()
    address = AddressSerializer()
    document_type = serializers.ChoiceField(DOCUMENT_TYPES)
    consent = serializers.BooleanField()

    def validate_date_of_birth(self, value: date) -> date:
        """Adults only, and nobody from the age of gaslight."""
        today = business_now().date()
        if value > years_before(today, ADULT_YEARS):
            raise serializers.ValidationError("You must be at least 18 years old.")
        if value < years_before(today, OLDEST_YEARS):
            raise serializers.ValidationError("Enter the date of birth as in your document.")
        return value

    def validate_consent(self, value: bool) -> bool:
        """Checks need the person's consent."""
        if value is not True:
            raise serializers.ValidationError("The checks need your consent: send true.")
        return value


def applicant_from(body: dict[str, Any], *, email: str) -> Applicant:
    """Build the value that goes to the provider."""
    return Applicant(
        first_name=body["legal_first_name"],
        last_name=body["legal_last_name"],
        date_of_birth=body["date_of_birth"],
        address=Address(**body["address"]),
        document_type=body["document_type"],
        email=email,
    )


class CheckSerializer(serializers.Serializer[Any]):
    """One check of a case."""

    kind = serializers.ChoiceField(CheckKind.choices)
    status = serializers.ChoiceField(CheckStatus.choices)


class VettingCaseSerializer(serializers.Serializer[Any]):
    """A case as its sitter sees it."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(CaseStatus.choices)
    checks = CheckSerializer(many=True)


class VettingStatusSerializer(serializers.Serializer[Any]):
    """Where the caller's vetting stands."""

    status = serializers.ChoiceField(VettingStatus.choices)
    badge = serializers.ChoiceField(TrustBadge.choices)
    cleared_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    checks = CheckSerializer(many=True)
