"""What the platform asks of a vetting provider, whoever it is."""

from collections.abc import Mapping
from typing import Protocol

from apps.sitters.types import Applicant, Notice, ProviderReference, ReportFacts


class VettingProvider(Protocol):
    """A company that checks identity and criminal history. Each call may take seconds."""

    name: str

    def open_report(self, applicant: Applicant, *, case_id: str) -> ProviderReference:
        """Order the checks. The same `case_id` and data never orders, nor costs, twice.

        Raises: Unavailable when the provider cannot be reached or does not answer in time (it may
        have accepted the order); InvalidInput when it refuses the applicant's data.
        """

    def find_reference(self, *, case_id: str) -> ProviderReference | None:
        """Return the order made earlier for this case, if there is one.

        Raises: Unavailable.
        """

    def fetch_report(self, report_id: str) -> ReportFacts | None:
        """Return what the provider says now; None when it knows no such report.

        Raises: Unavailable.
        """

    def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Authenticate a webhook over its raw bytes and return its ids.

        Raises: Unauthenticated when the signature does not hold; InvalidInput when the content
        is not an event, or is older than the provider's own retries can be.
        """
