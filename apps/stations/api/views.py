"""The stations API: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.common.api.client_address import client_address
from apps.common.api.idempotency import idempotent
from apps.common.api.permissions import StaffGroup
from apps.common.api.schema import operation
from apps.common.api.views import ApiView, PagedView
from apps.common.errors import Unauthenticated
from apps.stations import availability, selectors
from apps.stations.api import serializers as shapes
from apps.stations.models import Station
from apps.stations.services import customer, maintenance
from apps.stations.services.maintenance import MaintenanceReport, Signed
from apps.stations.services.manager import PetWashStationManager

WASH_TOKEN = OpenApiParameter(
    "X-Wash-Token",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The `wash_token` that the purchase answered with.",
)
LIVE_EXAMPLE = OpenApiExample(
    "One station",
    response_only=True,
    value={
        "stations": [
            {
                "id": "riverside",
                "online": True,
                "bays": [
                    {
                        "id": "0197f0a0-7c1e-7000-8000-000000000001",
                        "number": 1,
                        "state": "running",
                        "seconds_left": 212,
                    }
                ],
                "tanks": [
                    {
                        "chemical": "shampoo",
                        "level_ml": 12500,
                        "capacity_ml": 20000,
                        "level_pct": 62,
                        "status": "ok",
                    }
                ],
                "alerts": 0,
            }
        ]
    },
)
ACTIVATE_EXAMPLE = OpenApiExample(
    "A quick wash",
    request_only=True,
    value={
        "bay_id": "0197f0a0-7c1e-7000-8000-000000000001",
        "bay_token": "bay1.1.PpM0…",
        "program": "quick",
        "payment_method": "pm_card_visa",
    },
)
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
WASH_EXAMPLE = OpenApiExample(
    "Running",
    response_only=True,
    status_codes=["200"],
    value={
        "id": "0197f0a0-7c1e-7000-8000-000000000002",
        "status": "running",
        "bay_id": "0197f0a0-7c1e-7000-8000-000000000001",
        "program": "quick",
        "total_seconds": 300,
        "seconds_left": 212,
        "amount_minor": 900,
        "refunded_minor": 0,
        "currency": "USD",
    },
)
manager = PetWashStationManager()


class PublicView(ApiView):
    """A view that needs no account."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []


class StationListView(PublicView, PagedView):
    """Where one can wash."""

    pagination_ordering = "id"

    @operation(
        summary="List wash stations with bays, programs and what works now",
        responses={200: shapes.StationSerializer(many=True)},
        role="anyone",
        tags=["wash"],
        operation_id="wash_stations_list",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of stations."""
        host_up = availability.host_is_up()
        return self.page(selectors.in_service(), lambda row: _station(row, host_up=host_up))


class StationView(PublicView):
    """One station."""

    @operation(
        summary="Show one wash station",
        responses={200: shapes.StationSerializer},
        errors=["not_found:404"],
        role="anyone",
        tags=["wash"],
        operation_id="wash_stations_retrieve",
    )
    def get(self, request: Request, station_id: str) -> Response:
        """Answer the station."""
        station = selectors.access_station(station_id)
        return Response(_station(station, host_up=availability.host_is_up()))


class LiveStatusView(PublicView):
    """The live picture."""

    @operation(
        summary="Show the live status of all stations, or of one",
        description="The same picture is pushed on the WebSocket `/ws/stations`.",
        parameters=[shapes.LiveQuerySerializer],
        responses={200: shapes.LiveStatusSerializer},
        errors=["not_found:404"],
        examples=[LIVE_EXAMPLE],
        role="anyone",
        tags=["wash"],
    )
    def get(self, request: Request) -> Response:
        """Answer levels and states as the stations last reported them."""
        query = self.parse_query(shapes.LiveQuerySerializer, request)
        return Response({"stations": manager.get_real_time_status(query.get("station"))})


def _by_bay(request: Request) -> str:
    """Return the scope of a purchase without an account: the bay where the customer stands."""
    body = request.data
    return f"bay:{body.get('bay_id', '')}" if isinstance(body, dict) else "bay:"


class ActivateView(PublicView):
    """A walk-in customer buys a wash."""

    @operation(
        summary="Pay for a wash and start it",
        description="No account is needed: the bay's printed token proves presence. The answer's "
        "`wash_token` is the only key to the wash. With `status: awaiting_payment` finish 3-D "
        "Secure with the client secret; an unpaid lease of the bay ends after 3 minutes. Cards that "
        "are declined are counted by bay, card and address: after a few, 429 with `Retry-After`.",
        request=shapes.ActivateSerializer,
        responses={202: shapes.ActivationSerializer},
        errors=[
            "card_declined:402",
            "payment_refused:402",
            "bay_token_invalid:403",
            "not_found:404",
            "bay_busy:409",
            "bay_offline:409",
            "bay_fault:409",
            "tank_too_low:409",
            "station_no_host:409",
            "too_many_attempts:429",
        ],
        examples=[ACTIVATE_EXAMPLE],
        role="anyone",
        tags=["wash"],
        idempotency=True,
    )
    @idempotent("wash.activate", scope=_by_bay)
    def post(self, request: Request) -> Response:
        """Answer 202: the station starts within seconds, or the money goes back."""
        body = self.parse(shapes.ActivateSerializer, request)
        sold = manager.handle_walk_in_payment(
            bay_id=str(body["bay_id"]),
            bay_token=body["bay_token"],
            program=body["program"],
            payment_method=body["payment_method"],
            key=request.headers["Idempotency-Key"],
            address=client_address(request),
        )
        answer = {"wash": shapes.show_wash(sold.wash), "wash_token": sold.wash_token}
        if sold.client_secret:
            answer["client_secret"] = sold.client_secret
        return Response(answer, status=202)


class WashView(PublicView):
    """One's own wash."""

    @operation(
        summary="Show one's own wash",
        parameters=[WASH_TOKEN],
        responses={200: shapes.WashSerializer},
        errors=["not_found:404"],
        examples=[WASH_EXAMPLE],
        role="anyone",
        tags=["wash"],
    )
    def get(self, request: Request, wash_id: UUID) -> Response:
        """Answer the wash that the token opens."""
        wash = selectors.access_wash(str(wash_id), request.headers.get("X-Wash-Token", ""))
        return Response(shapes.show_wash(wash))


class StopView(PublicView):
    """End one's own wash early."""

    @operation(
        summary="Stop one's own wash; unused seconds are refunded",
        description="The station confirms the stop; the refund follows its word. A wash that is not "
        "paid yet is cancelled, one that has not begun is cancelled and refunded in full.",
        parameters=[WASH_TOKEN],
        request=None,
        responses={202: shapes.WashSerializer},
        errors=["not_found:404", "bay_offline:409"],
        role="anyone",
        tags=["wash"],
    )
    def post(self, request: Request, wash_id: UUID) -> Response:
        """Answer 202 with the wash as it is now; a repeat changes nothing."""
        wash = customer.stop_wash(wash_id=str(wash_id), wash_token=request.headers.get("X-Wash-Token", ""))
        return Response(shapes.show_wash(wash), status=202)


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


def _station(station: Station, *, host_up: bool) -> dict[str, Any]:
    bays = [shapes.show_bay(bay, availability.shown_state(station, bay)) for bay in station.bays.all()]
    return shapes.show_station(station, bays, host_up=host_up)
