"""Trouble, reported by stations and by staff."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.common.api.permissions import StaffGroup
from apps.common.api.schema import operation
from apps.common.api.views import ApiView
from apps.common.errors import Unauthenticated
from apps.stations.api import serializers as shapes
from apps.stations.services import maintenance
from apps.stations.services.maintenance import MaintenanceReport, Signed
from apps.stations.services.manager import PetWashStationManager

ALERT_EXAMPLE = OpenApiExample(
    "Shampoo is low",
    request_only=True,
    value={
        "station_id": "riverside",
        "chemical": "shampoo",
        "severity": "critical",
        "level_pct": 7,
        "event_id": "01J9Z3K4M5N6P7Q8R9S0T1V2W3",
        "ts": "2026-01-02T03:04:05Z",
    },
)
manager = PetWashStationManager()


class MaintenanceAlertView(ApiView):
    """Trouble reported by a station or by staff."""

    permission_classes = [AllowAny]

    @operation(
        summary="Report trouble with a chemical or a component",
        description="A station signs: `X-Station-Timestamp` and `X-Station-Signature: "
        "sha256=<hex HMAC-SHA256 of timestamp + '.' + body>` with its `hmac_key`. Staff of "
        "Operations send their bearer token instead. A repeat of `event_id` answers 200 with the "
        "same alert; the very same signature twice is refused as a replay.",
        request=shapes.AlertRequestSerializer,
        responses={201: shapes.AlertAnswerSerializer, 200: shapes.AlertAnswerSerializer},
        errors=[
            "not_authenticated:401",
            "signature_invalid:401",
            "signature_stale:401",
            "staff_only:403",
            "second_factor_required:403",
            "forbidden:403",
            "not_found:404",
            "signature_replayed:409",
            "too_many_attempts:429",
        ],
        examples=[ALERT_EXAMPLE],
        role="a station with its HMAC, or staff of Operations",
        tags=["wash"],
    )
    def post(self, request: Request) -> Response:
        """Answer 201 for a new report, 200 for a repeat."""
        signed = maintenance.signed_from(request._request.body, request.headers)
        if signed is None:
            _require_operations(request, self)
        body = self.parse(shapes.AlertRequestSerializer, request)
        outcome = manager.monitor_maintenance(_report(body, signed, request))
        assert outcome is not None
        status = 201 if outcome.created else 200
        return Response({"alert": shapes.show_alert(outcome.alert)}, status=status)


def _require_operations(request: Request, view: ApiView) -> None:
    if not request.user.is_authenticated:
        raise Unauthenticated("not_authenticated", "Sign the request as a station, or sign in as staff.")
    StaffGroup("Operations")().has_permission(request, view)


def _report(body: dict[str, Any], signed: Signed | None, request: Request) -> MaintenanceReport:
    staff = request.user if signed is None and isinstance(request.user, User) else None
    return MaintenanceReport(
        station_id=body["station_id"],
        event_id=body["event_id"],
        severity=body["severity"],
        chemical=body.get("chemical"),
        component=body.get("component"),
        level_pct=body.get("level_pct"),
        signed=signed,
        actor=staff,
    )
