"""Examples of the bookings API's OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

BOOKING_ID = "0199a2b4-8f30-7a11-b3c4-1f2e3d4c5b6a"
_QUOTE_ID = "0199a2b4-8e01-7c55-8d2a-9b8c7d6e5f40"
_SITTER_ID = "0199a2b4-7a10-7b6c-a1b2-c3d4e5f60718"
_PET_ID = "0199a2b4-7b20-7d1e-91a0-2b3c4d5e6f70"

WISH = {
    "sitter_id": _SITTER_ID,
    "service": "boarding",
    "start_date": "2026-03-06",
    "end_date": "2026-03-08",
    "pet_ids": [_PET_ID],
}
_LINE = {
    "amount_minor": 5500,
    "base_minor": 5000,
    "multiplier": 1.1,
    "why": "50.00 USD a night, x 1.10 (weekend 1.10)",
}
QUOTE: dict[str, Any] = {
    "quote_id": _QUOTE_ID,
    "currency": "USD",
    "lines": [{"date": "2026-03-06", **_LINE}, {"date": "2026-03-07", **_LINE}],
    "surge": {
        "multiplier": 1.1,
        "factors": [
            {
                "name": "weekend",
                "value": 1.1,
                "why": "Friday and Saturday night: 2 nights of this stay.",
                "nights": ["2026-03-06", "2026-03-07"],
            }
        ],
    },
    "subtotal_minor": 11000,
    "owner_fee_minor": 1100,
    "total_minor": 12100,
    "sitter_fee_minor": 1650,
    "sitter_earnings_minor": 9350,
    "cancellation_policy": "moderate",
    "expires_at": "2026-03-01T10:15:00Z",
}
CREATE = {"quote_id": _QUOTE_ID, "pet_ids": [_PET_ID], "message": "Rex is afraid of thunder."}
BOOKING: dict[str, Any] = {
    "id": BOOKING_ID,
    "reference": "PW-7F3K-9Q2M",
    "status": "pending_payment",
    "escrow_status": "awaiting_funds",
    "service": "boarding",
    "start_date": "2026-03-06",
    "end_date": "2026-03-08",
    "timezone": "America/New_York",
    "scheduled_start_at": "2026-03-06T19:00:00Z",
    "scheduled_end_at": "2026-03-08T16:00:00Z",
    "sitter": {"id": _SITTER_ID, "name": "Simon"},
    "owner": {"id": "0199a2b4-7c1e-7d52-9a41-0d5c8e2b6f10", "name": "Olivia"},
    "pets": [{"id": _PET_ID, "name": "Rex"}],
    "message": "Rex is afraid of thunder.",
    "currency": "USD",
    "subtotal_minor": 11000,
    "owner_fee_minor": 1100,
    "total_minor": 12100,
    "sitter_fee_minor": 1650,
    "sitter_earnings_minor": 9350,
    "owner_fee_pct": 10.0,
    "sitter_fee_pct": 15.0,
    "cancellation_policy": "moderate",
    "start_pin": "042917",
    "created_at": "2026-03-01T10:01:00Z",
    "hold_expires_at": "2026-03-01T10:16:00Z",
    "answer_due_at": None,
    "confirmed_at": None,
    "started_at": None,
    "completed_at": None,
    "no_show_review": None,
}
REQUESTED = {**BOOKING, "status": "requested", "escrow_status": "held", "answer_due_at": "2026-03-02T10:02:00Z"}
_ESCROW = {"id": "0199a2b4-9010-7f00-8000-0a1b2c3d4e5f", "amount_minor": 12100, "currency": "USD"}
HELD = {"booking": REQUESTED, "escrow": {**_ESCROW, "status": "held"}, "payment": {"status": "succeeded"}}
NEEDS_BANK = {
    "booking": BOOKING,
    "escrow": {**_ESCROW, "status": "awaiting_funds"},
    "payment": {"status": "requires_action", "client_secret": "pi_3Q…_secret_…"},
}
DEPOSIT = {"booking_id": BOOKING_ID, "payment_method": "pm_card_visa"}
PAYOUT = {
    "payout": {
        "id": "0199a2b4-a0b0-7c0c-8d0d-0e0f10111213",
        "booking_id": BOOKING_ID,
        "status": "paid",
        "amount_minor": 9350,
        "currency": "USD",
        "sitter_fee_minor": 1650,
        "released_at": "2026-03-09T16:00:05Z",
    }
}
REFUND_QUOTE = {
    "refund_quote": "eyJib29raW5nIjoi…",
    "rule": "moderate_partial",
    "percent": 50,
    "amount_minor": 5500,
    "stay_minor": 5500,
    "owner_fee_minor": 0,
    "currency": "USD",
    "why": "The moderate policy gives 50% back until 24 hours before the start.",
    "expires_at": "2026-03-04T09:10:00Z",
}
MONEY = {
    "booking_id": BOOKING_ID,
    "escrow_status": "held",
    "frozen": False,
    "disputed": False,
    "currency": "USD",
    "paid_in_minor": 12100,
    "held_minor": 12100,
    "paid_out_minor": 0,
    "fees_minor": 0,
    "refunded_minor": 0,
    "release_due_at": None,
    "places": [
        {
            "place": "held_for_stay",
            "amount_minor": 11000,
            "currency": "USD",
            "why": "Held until 24 hours after the stay.",
        },
        {
            "place": "owner_fee_not_yet_earned",
            "amount_minor": 1100,
            "currency": "USD",
            "why": "Our service fee; earned when the sitter is paid.",
        },
    ],
}


def asked(name: str, value: object) -> OpenApiExample:
    """Return an example of a request."""
    return OpenApiExample(name, value=value, request_only=True)


def answered(name: str, value: object, status: int = 200) -> OpenApiExample:
    """Return an example of an answer."""
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)])
