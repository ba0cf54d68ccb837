"""Vetting: submit, look, and the provider's webhook."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.permissions import VerifiedEmail
from apps.common.api.schema import operation
from apps.common.api.views import ApiView, PublicView
from apps.common.errors import InvalidInput, NotFound
from apps.sitters import gateways, selectors
from apps.sitters import services as sitters
from apps.sitters.api.permissions import SitterAccount
from apps.sitters.api.render import case_body, status_body
from apps.sitters.api.vetting_serializers import (
    VettingCaseSerializer,
    VettingStatusSerializer,
    VettingSubmitSerializer,
    applicant_from,
)

MAX_NOTICE_BYTES = 256_000

SUBMISSION = OpenApiExample(
    "An application",
    request_only=True,
    value={
        "legal_first_name": "Simone",
        "legal_last_name": "Sitter",
        "date_of_birth": "1990-04-01",
        "address": {
            "line1": "1 Main Street",
            "city": "Springfield",
            "region": "IL",
            "postal_code": "62701",
            "country": "US",
        },
        "document_type": "passport",
        "consent": True,
    },
)


class VettingSubmitView(ApiView):
    """Orders the checks."""

    permission_classes = [SitterAccount, VerifiedEmail]

    @operation(
        summary="Apply for vetting: identity and criminal history",
        description="A repeat while a case is open answers that case. Personal data go to the provider alone.",
        request=VettingSubmitSerializer,
        responses={202: VettingCaseSerializer},
        errors=[
            "email_not_verified:403",
            "sitter_role_required:403",
            "already_cleared:409",
            "vetting_cooldown:409",
            "vetting_unavailable:503",
        ],
        examples=[SUBMISSION],
        role="sitter with a verified address",
        tags=["vetting"],
    )
    def post(self, request: Request) -> Response:
        """Answer 202 with the case."""
        selectors.require_sitter(request.user)
        body = self.parse(VettingSubmitSerializer, request)
        applicant = applicant_from(body, email=str(getattr(request.user, "email", "")))
        case = sitters.submit_vetting(request.user, applicant)
        return Response(case_body(case), status=202)


class VettingView(ApiView):
    """Tells the caller's status."""

    permission_classes = [SitterAccount]

    @operation(
        summary="Read where your vetting stands",
        responses={200: VettingStatusSerializer},
        errors=["sitter_role_required:403"],
        role="sitter",
        tags=["vetting"],
    )
    def get(self, request: Request) -> Response:
        """Answer status, badge, dates and checks."""
        case, profile = selectors.own_vetting(request.user)
        return Response(status_body(case, profile))


class VettingWebhookView(PublicView):
    """The inbox of the provider: authenticated over the raw bytes, stored once."""

    parser_classes = []

    @operation(
        summary="Inbox of the vetting provider's signed events",
        responses={200: None},
        errors=[
            "webhook_signature_invalid:401",
            "webhook_malformed:400",
            "webhook_stale:400",
            "not_found:404",
        ],
        role="anyone",
        tags=["webhooks"],
    )
    def post(self, request: Request, provider: str) -> Response:
        """Answer 200 once the event is stored, the first time and every time."""
        adapter = gateways.vetting_provider()
        if provider != adapter.name:
            raise NotFound
        notice = adapter.read_notice(_raw_body(request), request.headers)
        sitters.receive_notice(notice)
        return Response(status=200)


def _raw_body(request: Any) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_NOTICE_BYTES:
        raise InvalidInput("webhook_malformed", f"Events have at most {MAX_NOTICE_BYTES} bytes.")
    return bytes(request._request.body)
