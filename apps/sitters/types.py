"""Values that cross the border of the sitters app. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from apps.common.money import Money
from apps.sitters.states import CheckKind, CheckStatus


@dataclass(frozen=True)
class Address:
    """A postal address on its way to the provider; never stored here."""

    line1: str
    city: str
    region: str
    postal_code: str
    country: str


@dataclass(frozen=True, repr=False)
class Applicant:
    """Personal data on its way to the provider. It is never stored, and never printed."""

    first_name: str
    last_name: str
    date_of_birth: date
    address: Address
    document_type: str
    email: str

    def __repr__(self) -> str:
        """Hide every value: a repr ends in logs and tracebacks."""
        return "Applicant(…)"


@dataclass(frozen=True)
class ProviderReference:
    """How the provider calls one case."""

    candidate_id: str
    report_id: str


@dataclass(frozen=True)
class ReportFacts:
    """What the provider says now about one report. `case_id` is the public id we gave it."""

    report_id: str
    candidate_id: str
    case_id: str
    checks: Mapping[CheckKind, CheckStatus]


@dataclass(frozen=True)
class Notice:
    """An authenticated webhook: something changed about a report. Says nothing about what."""

    provider: str
    event_id: str
    kind: str
    report_id: str
    created_at: datetime


@dataclass(frozen=True)
class RateView:
    """What one service costs a night: `extra_pet` for the second pet and each one after it."""

    nightly: Money
    extra_pet: Money
    capacity: int
    exclusive: bool


@dataclass(frozen=True)
class DemandView:
    """Pets booked and places offered around a sitter in one night."""

    booked: int
    capacity: int


@dataclass(frozen=True)
class RateInput:
    """One line of a sitter's price list, in minor units of the profile's currency."""

    service: str
    nightly_minor: int
    extra_pet_minor: int
    capacity: int


@dataclass(frozen=True)
class NightView:
    """One night of a sitter's calendar."""

    night: date
    capacity: int
    booked: int
    blocked: bool
    exclusive: bool

    @property
    def free(self) -> int:
        """How many more pets the night takes."""
        return 0 if self.blocked else self.capacity - self.booked
