"""The life of a booking: the sitter's answer, the stay, calling it off."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.bookings import services
from apps.bookings.api import examples
from apps.bookings.api.acting import acting
from apps.bookings.api.rendering import render_booking
from apps.bookings.api.serializers import (
    BookingSerializer,
    CancelSerializer,
    NoShowAnswerSerializer,
    NoShowReportSerializer,
    ProblemAnswerSerializer,
    ProblemSerializer,
    RefundQuoteSerializer,
    StartSerializer,
)
from apps.common.api.idempotency import idempotent
from apps.common.api.schema import operation
from apps.common.api.views import ApiView

TAGS = ("stay",)
SITTER = "the sitter of the booking"
MOVED = ["only_the_sitter:403", "not_found:404", "booking_moved:409"]


class AcceptView(ApiView):
    """POST /bookings/{id}/accept."""

    @operation(
        summary="Accept a booking",
        responses={200: BookingSerializer},
        errors=[*MOVED, "answer_window_over:409"],
        role=SITTER,
        tags=TAGS,
    )
    def post(self, request: Request, booking_id: str) -> Response:
        """Accept a booking."""
        booking = services.accept(actor=acting(request), booking_id=booking_id)
        return Response(render_booking(booking, acting(request)))


class DeclineView(ApiView):
    """POST /bookings/{id}/decline."""

    @operation(
        summary="Decline a booking",
        description="Frees the nights and gives the owner everything back.",
        responses={200: BookingSerializer},
        errors=MOVED,
        role=SITTER,
        tags=TAGS,
        idempotency=True,
    )
    @idempotent("booking.decline")
    def post(self, request: Request, booking_id: str) -> Response:
        """Decline a booking."""
        booking = services.decline(actor=acting(request), booking_id=booking_id)
        return Response(render_booking(booking, acting(request)))


class StartView(ApiView):
    """POST /bookings/{id}/start."""

    @operation(
        summary="Start the stay with the owner's PIN",
        description="After five wrong PINs in a row: 429 for 15 minutes.",
        request=StartSerializer,
        responses={200: BookingSerializer},
        errors=[*MOVED, "wrong_pin:403", "too_early:409", "pin_locked:429"],
        examples=[examples.asked("At the door", {"pin": "042917"})],
        role=SITTER,
        tags=TAGS,
    )
    def post(self, request: Request, booking_id: str) -> Response:
        """Start the stay."""
        body = self.parse(StartSerializer, request)
        booking = services.start_stay(actor=acting(request), booking_id=booking_id, pin=body["pin"])
        return Response(render_booking(booking, acting(request)))


class CompleteView(ApiView):
    """POST /bookings/{id}/complete."""

    @operation(
        summary="Complete the stay",
        description="Starts the clock to the payout: 24 hours after the later of now and the scheduled end.",
        responses={200: BookingSerializer},
        errors=[*MOVED, "hold_moved:409"],
        role=SITTER,
        tags=TAGS,
    )
    def post(self, request: Request, booking_id: str) -> Response:
        """Complete the stay."""
        booking = services.complete_stay(actor=acting(request), booking_id=booking_id)
        return Response(render_booking(booking, acting(request)))


class ReportProblemView(ApiView):
    """POST /bookings/{id}/report-problem."""

    @operation(
        summary="Report a problem with a stay",
        description="Within the stay and the 24 hours after it: the payout is frozen until staff has looked.",
        request=ProblemSerializer,
        responses={201: ProblemAnswerSerializer},
        errors=[
            "only_the_owner:403",
            "not_found:404",
            "booking_moved:409",
            "hold_elapsed:409",
            "problem_already_reported:409",
        ],
        examples=[examples.asked("A sofa", {"category": "damage", "description": "The sofa was scratched."})],
        role="the owner of the booking",
        tags=TAGS,
    )
    def post(self, request: Request, booking_id: str) -> Response:
        """Report a problem."""
        body = self.parse(ProblemSerializer, request)
        report = services.report_problem(actor=acting(request), booking_id=booking_id, **body)
        return Response(ProblemAnswerSerializer(report).data, status=201)


class NoShowReportView(ApiView):
    """POST /bookings/{id}/no-show-report."""

    @operation(
        summary="Say what became of a stay that did not begin",
        description="From the scheduled start on, while nobody has started the stay; each of the two says it once. "
        "When both say the same, or the sitter admits to have been absent, it is settled at once; else staff decides. "
        "Nothing is paid meanwhile.",
        request=NoShowReportSerializer,
        responses={201: NoShowAnswerSerializer},
        errors=[
            "not_found:404",
            "too_early:409",
            "booking_moved:409",
            "no_show_settled:409",
            "no_show_already_reported:409",
        ],
        examples=[examples.asked("A closed door", {"who": "sitter_absent", "note": "I rang for half an hour."})],
        role="the owner or the sitter of the booking",
        tags=TAGS,
    )
    def post(self, request: Request, booking_id: str) -> Response:
        """Say what happened."""
        body = self.parse(NoShowReportSerializer, request)
        report = services.report_no_show(actor=acting(request), booking_id=booking_id, **body)
        return Response(NoShowAnswerSerializer(report).data, status=201)


class RefundQuoteView(ApiView):
    """GET /bookings/{id}/refund-quote."""

    @operation(
        summary="Ask what cancelling now would give back",
        description="Names the amount, the rule and the clock; valid for ten minutes.",
        responses={200: RefundQuoteSerializer},
        errors=["not_found:404", "booking_moved:409", "no_show_in_review:409"],
        examples=[examples.answered("Half", examples.REFUND_QUOTE)],
        role="the owner or the sitter of the booking",
        tags=TAGS,
    )
    def get(self, request: Request, booking_id: str) -> Response:
        """Ask for the terms."""
        quote = services.quote_refund(actor=acting(request), booking_id=booking_id)
        return Response(RefundQuoteSerializer(quote).data)


class CancelView(ApiView):
    """POST /bookings/{id}/cancel."""

    @operation(
        summary="Cancel at the terms of a refund quote",
        description="The sitter's cancellation gives everything back. A quote is refused once the "
        "booking was paid, answered or changed so that it would say something else. What stays with the sitter is "
        "paid 24 hours on.",
        request=CancelSerializer,
        responses={200: BookingSerializer},
        errors=[
            "not_found:404",
            "booking_moved:409",
            "refund_quote_expired:409",
            "quote_outdated:409",
            "no_show_in_review:409",
            "payment_in_progress:409",
        ],
        examples=[examples.asked("At these terms", {"refund_quote": "eyJib29raW5nIjoi…"})],
        role="the owner or the sitter of the booking",
        tags=TAGS,
        idempotency=True,
    )
    @idempotent("booking.cancel")
    def post(self, request: Request, booking_id: str) -> Response:
        """Cancel a booking."""
        body = self.parse(CancelSerializer, request)
        booking = services.cancel(actor=acting(request), booking_id=booking_id, refund_quote=body["refund_quote"])
        return Response(render_booking(booking, acting(request)))
