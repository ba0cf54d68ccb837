"""Checkr over REST: candidates, reports and signed webhooks.

Source of paths, fields and the signature: https://docs.checkr.com (API v1; basic
authentication with the key as user; `custom_id` on candidates; report and screening `status`
and `result`; `X-Checkr-Signature` is a hex HMAC-SHA256 over the raw body).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from apps.common.clock import real_now
from apps.common.errors import InvalidInput, Unauthenticated, Unavailable
from apps.sitters.states import CheckKind, CheckStatus
from apps.sitters.types import Applicant, Notice, ProviderReference, ReportFacts

PACKAGE = "petwash_sitter"
TIMEOUT = httpx.Timeout(10.0, connect=3.0)  # seconds; a person is waiting
NOTICE_MAX_AGE = timedelta(days=3)  # retries of one event carry the same created_at
NOTICE_MAX_AHEAD = timedelta(minutes=5)  # clocks differ a little
SCREENINGS = {
    CheckKind.IDENTITY: "identity_verification",
    CheckKind.CRIMINAL_HISTORY: "national_criminal_search",
}
DOWN = "The vetting provider does not answer. Nothing was lost: please send it again later."
NAME = re.compile(r"[A-Za-z0-9_.-]+")  # ids end in paths of requests
OUR_FIELDS = {
    "first_name": "legal_first_name",
    "last_name": "legal_last_name",
    "dob": "date_of_birth",
    "zipcode": "address",
    "document_type": "document_type",
}


class CheckrProvider:
    """The real adapter. `transport` is for tests of broken connections alone."""

    name = "checkr"

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        webhook_secret: str,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._auth = httpx.BasicAuth(api_key, "")
        self._secret = webhook_secret.encode()
        self._transport = transport

    def open_report(self, applicant: Applicant, *, case_id: str) -> ProviderReference:
        """Create the candidate, then order the report; both under keys of the case."""
        candidate = self._call(
            "POST", "/v1/candidates", key=f"{case_id}-candidate", json=_candidate(applicant, case_id)
        )
        candidate_id = _id_of(candidate)
        return ProviderReference(candidate_id=candidate_id, report_id=self._order(candidate_id, case_id))

    def find_reference(self, *, case_id: str) -> ProviderReference | None:
        """Look the case up by the custom id; a candidate without a report gets its report."""
        candidates = self._call("GET", "/v1/candidates", params={"custom_id": case_id})
        found = candidates.get("data") or []
        if not found:
            return None
        candidate_id = _id_of(found[0])
        report_ids = found[0].get("report_ids") or []
        report_id = str(report_ids[0]) if report_ids else self._order(candidate_id, case_id)
        return ProviderReference(candidate_id=candidate_id, report_id=report_id)

    def fetch_report(self, report_id: str) -> ReportFacts | None:
        """Read the report with its screenings, and the candidate for our own id."""
        try:
            report = self._call(
                "GET",
                f"/v1/reports/{report_id}",
                params={"include": ",".join([*SCREENINGS.values(), "candidate"])},
            )
        except _Missing:
            return None
        candidate = report.get("candidate") or {}
        return ReportFacts(
            report_id=_id_of(report),
            candidate_id=str(report.get("candidate_id") or candidate.get("id") or ""),
            case_id=str(candidate.get("custom_id") or ""),
            checks={kind: _result(report.get(name)) for kind, name in SCREENINGS.items()},
        )

    def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Compare the signature in constant time before anything is parsed."""
        given = headers.get("X-Checkr-Signature", "")
        expected = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise Unauthenticated("webhook_signature_invalid", "The signature does not match the body.")
        notice = _parse_notice(body, provider=self.name)
        age = real_now() - notice.created_at
        if age > NOTICE_MAX_AGE or -age > NOTICE_MAX_AHEAD:
            raise InvalidInput("webhook_stale", "The event's created_at is too far from the present.")
        return notice

    def _order(self, candidate_id: str, case_id: str) -> str:
        body = {"candidate_id": candidate_id, "package": PACKAGE}
        return _id_of(self._call("POST", "/v1/reports", key=f"{case_id}-report", json=body))

    def _call(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        json: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        try:
            with httpx.Client(
                base_url=self._base_url, auth=self._auth, timeout=TIMEOUT, transport=self._transport
            ) as client:
                answer = client.request(method, path, json=json, params=params, headers=headers)
            return _read(answer)
        except (httpx.TransportError, ValueError) as error:
            raise _down() from error


class _Missing(Unavailable):
    """The provider answered 404; where nobody expects that, it counts as an outage."""

    def __init__(self) -> None:
        super().__init__("vetting_unavailable", DOWN)


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code == 404:
        raise _Missing
    if answer.status_code in {400, 422}:
        raise InvalidInput(
            "validation_error",
            "The vetting provider does not accept these data.",
            {_our_field(answer): ["is not accepted by the vetting provider"]},
        )
    if not answer.is_success:
        raise _down()
    content = answer.json()
    if not isinstance(content, dict):
        raise _down()
    return content


def _id_of(content: object) -> str:
    """Return the object's id; an object without one is no answer."""
    found = content.get("id") if isinstance(content, dict) else None
    if not isinstance(found, str) or not NAME.fullmatch(found):
        raise _down()
    return found


def _our_field(answer: httpx.Response) -> str:
    content = answer.json()
    text = str(content.get("error", "")) if isinstance(content, dict) else ""
    return next((ours for theirs, ours in OUR_FIELDS.items() if theirs in text), "non_field_errors")


def _down() -> Unavailable:
    return Unavailable("vetting_unavailable", DOWN)


def _candidate(applicant: Applicant, case_id: str) -> dict[str, Any]:
    address = applicant.address
    return {
        "custom_id": case_id,
        "first_name": applicant.first_name,
        "last_name": applicant.last_name,
        "email": applicant.email,
        "dob": applicant.date_of_birth.isoformat(),
        "zipcode": address.postal_code,
        "address": {
            "street": address.line1,
            "city": address.city,
            "state": address.region,
            "zipcode": address.postal_code,
            "country": address.country,
        },
        "document_type": applicant.document_type,
    }


def _result(screening: object) -> CheckStatus:
    """Translate one screening; what we do not know counts as a case for a person."""
    if not isinstance(screening, dict):
        return CheckStatus.PENDING
    status, result = screening.get("status"), screening.get("result")
    if status == "canceled":
        return CheckStatus.CANCELED
    if status != "complete":
        return CheckStatus.PENDING
    return {"clear": CheckStatus.CLEAR, "failed": CheckStatus.FAILED}.get(str(result), CheckStatus.CONSIDER)


def _parse_notice(body: bytes, *, provider: str) -> Notice:
    try:
        event = json.loads(body)
        return Notice(
            provider=provider,
            event_id=_text(event["id"], 100),
            kind=_text(event["type"], 60),
            report_id=_text(event["data"]["object"]["id"], 64),
            created_at=_instant(event["created_at"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput("webhook_malformed", "This is not an event of the provider.") from error


def _text(value: object, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit or not NAME.fullmatch(value):
        raise ValueError("not a name or an id")
    return value


def _instant(value: object) -> datetime:
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError("an instant without an offset")
    return moment
