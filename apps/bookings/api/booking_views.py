"""From a wish to a paid booking: price, create, deposit; and the list of one's bookings."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.bookings import selectors, services
from apps.bookings.api import examples
from apps.bookings.api.acting import acting
from apps.bookings.api.rendering import render_booking, render_deposit
from apps.bookings.api.serializers import (
    BookingSerializer,
    CreateSerializer,
    DepositAnswerSerializer,
    DepositSerializer,
    PriceRequestSerializer,
    QuoteSerializer,
)
from apps.bookings.models import Booking
from apps.bookings.types import Service
from apps.common.api.idempotency import idempotent
from apps.common.api.permissions import VerifiedEmail
from apps.common.api.schema import operation
from apps.common.api.views import ApiView, PagedView

TAGS = ("stay",)
OWNER = "anyone with a verified address"


class PriceView(ApiView):
    """POST /booking/price."""

    @operation(
        summary="Price a stay",
        description="The quote is stored for 15 minutes: the price shown is the price charged. Nothing is reserved.",
        request=PriceRequestSerializer,
        responses={200: QuoteSerializer},
        errors=["not_found:404", "pet_not_found:404", "service_not_offered:409", "too_many_pets:409"],
        examples=[examples.asked("Two nights", examples.WISH), examples.answered("A weekend", examples.QUOTE)],
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Price a stay."""
        body = self.parse(PriceRequestSerializer, request)
        body |= {"service": Service(body["service"]), "pet_ids": tuple(body.get("pet_ids", ()))}
        quote = services.price_stay(actor=acting(request), wish=services.StayWish(**body))
        return Response(QuoteSerializer(quote).data)


class CreateView(ApiView):
    """POST /booking/create."""

    permission_classes = [VerifiedEmail]

    @operation(
        summary="Book a quote",
        description="Takes the nights for 15 minutes; pay with `booking/deposit` meanwhile. A quote makes one "
        "booking: with a new key, 409 `quote_already_used` names its `booking_id`.",
        request=CreateSerializer,
        responses={201: BookingSerializer},
        errors=[
            "email_not_verified:403",
            "not_found:404",
            "pet_not_found:404",
            "quote_expired:409",
            "quote_already_used:409",
            "nights_unavailable:409",
            "sitter_not_cleared:409",
            "service_not_offered:409",
            "too_many_pets:409",
        ],
        examples=[examples.asked("One dog", examples.CREATE), examples.answered("Booked", examples.BOOKING, 201)],
        role=OWNER,
        tags=TAGS,
        idempotency=True,
    )
    @idempotent("booking.create")
    def post(self, request: Request) -> Response:
        """Book a quote."""
        booking = services.create_booking(actor=acting(request), **self.parse(CreateSerializer, request))
        return Response(render_booking(booking, acting(request)), status=201)


class DepositView(ApiView):
    """POST /booking/deposit."""

    permission_classes = [VerifiedEmail]

    def present(self, request: Request) -> Response:
        """Tell how a payment stands now that was not settled when the same request came first."""
        return self._answer(request, services.deposit_again)

    @operation(
        summary="Pay a booking into protected payment",
        description="201: the money is held until 24 hours after the stay, and the sitter is asked. 202: not yet; the "
        "booking moves by itself. `payment.status: requires_action`: the bank wants to hear from the owner, confirm "
        "with the client secret. `processing`: the payment provider has not answered. A repeat with the same key tells "
        "how this payment stands now, and never charges again.",
        request=DepositSerializer,
        responses={201: DepositAnswerSerializer, 202: DepositAnswerSerializer},
        errors=[
            "card_declined:402",
            "payment_cancelled:402",
            "email_not_verified:403",
            "only_the_owner:403",
            "not_found:404",
            "already_paid:409",
            "payment_in_progress:409",
            "payment_window_over:409",
            "booking_moved:409",
        ],
        examples=[
            examples.asked("A card", examples.DEPOSIT),
            examples.answered("Held", examples.HELD, 201),
            examples.answered("3-D Secure", examples.NEEDS_BANK, 202),
        ],
        role="the owner of the booking, with a verified address",
        tags=TAGS,
        idempotency=True,
    )
    @idempotent("booking.deposit", present=present)
    def post(self, request: Request) -> Response:
        """Pay a booking."""
        return self._answer(request, services.deposit)

    def _answer(self, request: Request, act: Callable[..., tuple[Booking, Any]]) -> Response:
        booking, result = act(actor=acting(request), **self.parse(DepositSerializer, request))
        status = 201 if result.payment_status == "succeeded" else 202
        return Response(render_deposit(booking, acting(request), result), status=status)


class BookingListView(PagedView):
    """GET /bookings."""

    @operation(
        summary="List one's bookings, newest first",
        description="Those in which the caller is the owner or the sitter.",
        responses={200: BookingSerializer(many=True)},
        errors=["not_found:404"],
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List bookings."""
        found = selectors.bookings_seen_by(acting(request))
        return self.page(found, lambda booking: render_booking(booking, acting(request)))


class BookingView(ApiView):
    """GET /bookings/{id}."""

    @operation(
        summary="Show a booking",
        responses={200: BookingSerializer},
        errors=["not_found:404"],
        examples=[examples.answered("As its owner sees it", examples.BOOKING)],
        role="the owner or the sitter of the booking",
        tags=TAGS,
    )
    def get(self, request: Request, booking_id: str) -> Response:
        """Show a booking."""
        return Response(render_booking(selectors.access_booking(acting(request), booking_id), acting(request)))
