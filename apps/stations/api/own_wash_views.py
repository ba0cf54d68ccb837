"""What the holder of a wash token may do with a wash that runs, pauses or was interrupted."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.client_address import client_address
from apps.common.api.idempotency import idempotent
from apps.common.api.schema import operation
from apps.common.api.views import PublicView
from apps.stations.api import serializers as shapes
from apps.stations.api.wash_views import WASH_TOKEN
from apps.stations.services import customer, moving, top_ups
from apps.stations.services.top_ups import TopUpOrder
from apps.stations.tokens import hash_wash_token

TOP_UP_EXAMPLE = OpenApiExample(
    "Two minutes more",
    request_only=True,
    value={"expected_total_seconds": 300, "add_seconds": 120, "payment_method": "pm_card_visa"},
)


def _by_token(request: Request) -> str:
    """Return the scope of a wash's holder: who has not the token finds no answer of another's key."""
    return f"wash:{hash_wash_token(request.headers.get('X-Wash-Token', ''))}"


class TopUpView(PublicView):
    """More seconds for one's own wash."""

    @operation(
        summary="Buy more seconds for one's own wash",
        description="Sets a new total: `expected_total_seconds` plus `add_seconds`, at the rate of the "
        "purchase. Of two at once one is sold, the other gets 409 `total_changed` and is not charged. With "
        "`top_up.status: awaiting_payment` finish 3-D Secure within 3 minutes. Money that arrives after the "
        "wash has ended, or that the station does not confirm within a minute, goes back in full.",
        parameters=[WASH_TOKEN],
        request=shapes.TopUpRequestSerializer,
        responses={202: shapes.ToppedUpSerializer},
        errors=[
            "card_declined:402",
            "payment_refused:402",
            "not_found:404",
            "total_changed:409",
            "top_up_pending:409",
            "wash_not_running:409",
            "station_closed:409",
            "station_closing_soon:409",
            "bay_offline:409",
            "bay_fault:409",
            "tank_too_low:409",
            "station_no_host:409",
            "too_many_attempts:429",
        ],
        examples=[TOP_UP_EXAMPLE],
        role="anyone",
        tags=["wash"],
        idempotency=True,
    )
    @idempotent("wash.top_up", scope=_by_token)
    def post(self, request: Request, wash_id: UUID) -> Response:
        """Answer 202: the station's clock follows within seconds, or the money goes back."""
        body = self.parse(shapes.TopUpRequestSerializer, request)
        sold = top_ups.top_up(
            wash_id=str(wash_id),
            wash_token=request.headers.get("X-Wash-Token", ""),
            order=TopUpOrder(body["expected_total_seconds"], body["add_seconds"], body["payment_method"]),
            key=request.headers["Idempotency-Key"],
            address=client_address(request),
        )
        answer: dict[str, Any] = {"wash": shapes.show_wash(sold.wash), "top_up": shapes.show_top_up(sold.top_up)}
        if sold.client_secret:
            answer["client_secret"] = sold.client_secret
        return Response(answer, status=202)


class GiveUpTopUpView(PublicView):
    """Give an unpaid top-up up."""

    @operation(
        summary="Give an unpaid top-up of one's own wash up",
        description="For 3-D Secure that nobody finishes: the payment is cancelled, and another top-up may be "
        "bought at once instead of after 3 minutes. A payment that had succeeded before stays and adds its seconds.",
        parameters=[WASH_TOKEN],
        request=None,
        responses={200: shapes.WashSerializer},
        errors=["not_found:404"],
        role="anyone",
        tags=["wash"],
    )
    def post(self, request: Request, wash_id: UUID) -> Response:
        """Answer the wash as it is now; a repeat changes nothing."""
        wash = top_ups.give_up(wash_id=str(wash_id), wash_token=request.headers.get("X-Wash-Token", ""))
        return Response(shapes.show_wash(wash))


class MoveView(PublicView):
    """Go on at another bay."""

    @operation(
        summary="Move the remaining seconds to a free bay after a fault",
        description="While a fault has interrupted the wash, `can_move_to` names the free bays of the station. "
        "Nothing is charged and nothing refunded: the seconds start anew at the other bay, or are refunded if "
        "they cannot. Without it they are refunded at `move_until`, or at once by `stop`.",
        parameters=[WASH_TOKEN],
        request=shapes.MoveSerializer,
        responses={202: shapes.WashSerializer},
        errors=[
            "bay_token_invalid:403",
            "presence_code_required:403",
            "presence_code_invalid:403",
            "not_found:404",
            "nothing_to_move:409",
            "bay_not_offered:409",
            "bay_busy:409",
            "bay_offline:409",
            "bay_fault:409",
            "tank_too_low:409",
            "station_no_host:409",
            "too_many_attempts:429",
        ],
        role="anyone",
        tags=["wash"],
    )
    def post(self, request: Request, wash_id: UUID) -> Response:
        """Answer 202 with the wash as it is now; a repeat changes nothing."""
        body = self.parse(shapes.MoveSerializer, request)
        wash = moving.move(
            wash_id=str(wash_id),
            wash_token=request.headers.get("X-Wash-Token", ""),
            bay_id=str(body["bay_id"]),
            bay_token=body["bay_token"],
            presence_code=body.get("presence_code", ""),
            address=client_address(request),
        )
        return Response(shapes.show_wash(wash), status=202)


class ResumeView(PublicView):
    """Go on after a pause."""

    @operation(
        summary="Resume one's own paused wash",
        description="After a loss of power a bay keeps its valves closed until the customer goes on, here or "
        "with the button at the bay. The wash follows the bay's own word.",
        parameters=[WASH_TOKEN],
        request=None,
        responses={202: shapes.WashSerializer},
        errors=["not_found:404", "wash_not_paused:409", "bay_offline:409"],
        role="anyone",
        tags=["wash"],
    )
    def post(self, request: Request, wash_id: UUID) -> Response:
        """Answer 202 with the wash as it is now; a repeat changes nothing."""
        wash = customer.resume_wash(wash_id=str(wash_id), wash_token=request.headers.get("X-Wash-Token", ""))
        return Response(shapes.show_wash(wash), status=202)
