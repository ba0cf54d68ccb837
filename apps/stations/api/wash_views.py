"""One's own wash: bought, looked at, stopped."""

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.client_address import client_address
from apps.common.api.idempotency import idempotent
from apps.common.api.schema import operation
from apps.common.api.views import PublicView
from apps.stations import selectors
from apps.stations.api import serializers as shapes
from apps.stations.services import customer
from apps.stations.services.manager import PetWashStationManager

WASH_TOKEN = OpenApiParameter(
    "X-Wash-Token",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The `wash_token` that the purchase answered with.",
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
        "top_ups": [],
        "can_move_to": [],
        "move_until": None,
    },
)
manager = PetWashStationManager()


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
            "presence_code_required:403",
            "presence_code_invalid:403",
            "not_found:404",
            "bay_busy:409",
            "bay_offline:409",
            "bay_fault:409",
            "tank_too_low:409",
            "station_closed:409",
            "station_closing_soon:409",
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
            presence_code=body.get("presence_code", ""),
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
