"""A booking's money: where it is, and the sitter's payout."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.bookings import selectors, services
from apps.bookings.api import examples
from apps.bookings.api.acting import acting
from apps.bookings.api.rendering import render_money
from apps.bookings.api.serializers import (
    MoneyQuerySerializer,
    MoneySerializer,
    PayoutAnswerSerializer,
    PayoutRequestSerializer,
)
from apps.common.api.idempotency import idempotent
from apps.common.api.schema import operation
from apps.common.api.views import ApiView

TAGS = ("stay",)


class PayoutView(ApiView):
    """POST /sitter/payout."""

    @operation(
        summary="Ask for the payout of a stay",
        description="Payouts are made by themselves when they are due; this shows or hurries one. Before the 24 "
        "hours are over: 409 `hold_not_elapsed` with `release_due_at`.",
        request=PayoutRequestSerializer,
        responses={200: PayoutAnswerSerializer},
        errors=[
            "only_the_sitter:403",
            "not_found:404",
            "stay_not_completed:409",
            "hold_not_elapsed:409",
            "escrow_frozen:409",
            "payment_disputed:409",
            "refund_in_progress:409",
            "nothing_to_release:409",
            "payout_refused:409",
            "payout_account_missing:409",
            "payout_account_not_enabled:409",
        ],
        examples=[
            examples.asked("A stay", {"booking_id": examples.BOOKING_ID}),
            examples.answered("Paid", examples.PAYOUT),
        ],
        role="the sitter of the booking",
        tags=TAGS,
        idempotency=True,
    )
    @idempotent("sitter.payout")
    def post(self, request: Request) -> Response:
        """Ask for a payout."""
        payout = services.request_payout(actor=acting(request), **self.parse(PayoutRequestSerializer, request))
        return Response(PayoutAnswerSerializer({"payout": payout}).data)


class MoneyView(ApiView):
    """GET /bookings/{id}/money."""

    @operation(
        summary="Say where each cent of a booking is",
        description="The places add up to what was paid, now and as of any instant: `as_of` shows where the money "
        "was then. Freezes, disputes, refunds, claw backs and what a sitter owes are told in words.",
        parameters=[MoneyQuerySerializer],
        responses={200: MoneySerializer},
        errors=["not_found:404"],
        examples=[examples.answered("Held", examples.MONEY)],
        role="the owner or the sitter of the booking",
        tags=TAGS,
    )
    def get(self, request: Request, booking_id: str) -> Response:
        """Say where the money is."""
        query = self.parse_query(MoneyQuerySerializer, request)
        return Response(render_money(selectors.money_of(acting(request), booking_id, **query)))
