"""The signed webhook of the payment gateway."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.schema import operation
from apps.common.api.views import PublicView
from apps.payments import services

SIGNATURE = OpenApiParameter(
    "Stripe-Signature",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=False,
    description="`t=…,v1=…`: HMAC-SHA256 over the time, a full stop and the raw body; five minutes old at most.",
)


class WebhookReceivedSerializer(serializers.Serializer[Any]):
    """The event is kept."""

    received = serializers.BooleanField()


class StripeWebhookView(PublicView):
    """The inbox: proves the sender, keeps the event once, answers at once."""

    @operation(
        summary="Take an event from the payment gateway",
        description="For the gateway alone. A repeat of an event is answered like the first and changes nothing.",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: WebhookReceivedSerializer},
        errors=["invalid_signature:400"],
        parameters=[SIGNATURE],
        role="anyone",
    )
    def post(self, request: Request) -> Response:
        """Keep the event. The body is read raw: the signature is over its bytes."""
        services.receive(request._request.body, request.headers.get("Stripe-Signature", ""))
        return Response({"received": True})
