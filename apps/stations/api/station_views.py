"""Where one can wash, and what happens there now."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.schema import operation
from apps.common.api.views import PagedView, PublicView
from apps.stations import availability, selectors
from apps.stations.api import serializers as shapes
from apps.stations.models import Station
from apps.stations.services.manager import PetWashStationManager

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
manager = PetWashStationManager()


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
        hosts = availability.Hosts.now()
        return self.page(selectors.in_service(), lambda row: _station(row, host_up=hosts.carry(row)))


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
        return Response(_station(station, host_up=availability.Hosts.now().carry(station)))


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


def _station(station: Station, *, host_up: bool) -> dict[str, Any]:
    bays = [shapes.show_bay(bay, availability.shown_state(station, bay)) for bay in station.bays.all()]
    return shapes.show_station(station, bays, host_up=host_up)
