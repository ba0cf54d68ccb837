"""The demo's clock: exists in demo and test settings alone."""

from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.schema import operation
from apps.common.api.views import PublicView
from apps.common.clock import advance_business_clock, business_now
from apps.common.errors import NotFound

TEN_YEARS_SECONDS = 10 * 366 * 24 * 3600


class AdvanceSerializer(serializers.Serializer[Any]):
    """How far the business clock goes."""

    advance_seconds = serializers.IntegerField(min_value=1, max_value=TEN_YEARS_SECONDS)


class ClockSerializer(serializers.Serializer[Any]):
    """What the business clock shows."""

    business_now = serializers.DateTimeField()


class DemoClockView(PublicView):
    """Reads and advances business time; tokens and wash commands keep real time."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises: NotFound outside demo settings."""
        super().initial(request, *args, **kwargs)
        if not settings.PETWASH_DEMO:
            raise NotFound

    @operation(
        summary="Read the business clock",
        responses={200: ClockSerializer},
        errors=["not_found:404"],
        role="anyone",
        tags=["demo"],
    )
    def get(self, request: Request) -> Response:
        """Answer the business instant."""
        return Response(ClockSerializer({"business_now": business_now()}).data)

    @operation(
        summary="Advance the business clock (demo settings only)",
        request=AdvanceSerializer,
        responses={200: ClockSerializer},
        errors=["not_found:404"],
        role="anyone",
        tags=["demo"],
    )
    def post(self, request: Request) -> Response:
        """Advance business time; it never goes backwards."""
        body = self.parse(AdvanceSerializer, request)
        return Response(ClockSerializer({"business_now": advance_business_clock(body["advance_seconds"])}).data)
