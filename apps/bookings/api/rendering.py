"""Bookings as owner and sitter see them."""

from typing import Any

from apps.accounts.models import User
from apps.bookings.api.serializers import BookingSerializer, MoneySerializer
from apps.bookings.models import Booking
from apps.bookings.selectors import MoneyReport
from apps.escrow.types import DepositView, HoldView

_PLAIN = (
    "reference", "status", "escrow_status", "service", "start_date", "end_date", "timezone",
    "scheduled_start_at", "scheduled_end_at", "message", "currency", "subtotal_minor", "owner_fee_minor",
    "total_minor", "sitter_fee_minor", "sitter_earnings_minor", "owner_fee_pct", "sitter_fee_pct",
    "cancellation_policy", "created_at", "hold_expires_at", "answer_due_at", "confirmed_at", "started_at",
    "completed_at",
)  # fmt: skip


def render_booking(booking: Booking, viewer: User) -> dict[str, Any]:
    """Return a booking for one of its two sides; the PIN is the owner's alone."""
    fields = {name: getattr(booking, name) for name in _PLAIN}
    fields |= {
        "id": str(booking.public_id),
        "sitter": {"id": str(booking.sitter.public_id), "name": booking.sitter.display_name},
        "owner": {"id": str(booking.owner.public_id), "name": booking.owner.get_short_name()},
        "pets": [{"id": str(row.pet.public_id), "name": row.pet.name} for row in booking.booked_pets.all()],
        "no_show_review": getattr(booking, "no_show_review", None),
        "start_pin": booking.start_pin if viewer.pk == booking.owner_id else None,
    }
    return dict(BookingSerializer(fields).data)


def render_escrow(hold: HoldView) -> dict[str, Any]:
    """Return the protected payment in short."""
    return {
        "id": hold.id,
        "status": hold.state,
        "amount_minor": hold.total.amount_minor,
        "currency": hold.total.currency,
    }


def render_deposit(booking: Booking, viewer: User, result: DepositView) -> dict[str, Any]:
    """Return what came of a deposit."""
    told = result.payment_status in {"succeeded", "requires_action"}
    payment = {"status": result.payment_status if told else "processing"}
    if result.client_secret:
        payment["client_secret"] = result.client_secret
    return {
        "booking": render_booking(booking, viewer),
        "escrow": render_escrow(result.hold),
        "payment": payment,
    }


def render_money(report: MoneyReport) -> dict[str, Any]:
    """Return where each cent of a booking is."""
    fields = {
        "booking_id": report.booking_id,
        "escrow_status": report.escrow_status,
        "frozen": report.frozen,
        "disputed": report.disputed,
        "currency": report.paid_in.currency,
        "paid_in_minor": report.paid_in.amount_minor,
        "held_minor": report.at(
            "held_for_stay",
            "paid_too_much",
            "owner_fee_not_yet_earned",
            "on_its_way_to_sitter",
            "withdrawn_by_bank",
            "advanced_by_us",
        ),
        "paid_out_minor": report.at("paid_to_sitter", "kept_for_sitters_debt"),
        "fees_minor": report.at("sitter_fee", "owner_fee", "our_goodwill", "our_loss"),
        "refunded_minor": report.at("refunded_to_owner", "returned_by_bank"),
        "release_due_at": report.release_due_at,
        "places": report.places,
    }
    return dict(MoneySerializer(fields).data)
