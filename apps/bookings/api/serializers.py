"""What the bookings API takes and answers. Money in minor units; instants with their offset."""

from typing import Any

from rest_framework import serializers

from apps.bookings.models import NoShowReview, ProblemReport
from apps.bookings.states import Attendance, BookingStatus
from apps.bookings.types import CancellationPolicy, Service
from apps.escrow.states import HoldState

MOST_PETS = 20


class PriceRequestSerializer(serializers.Serializer[Any]):
    """A wish for a stay: give `pet_ids`, or `pets` to ask for a number of them."""

    sitter_id = serializers.CharField(max_length=64)
    service = serializers.ChoiceField(choices=Service.choices)
    start_date = serializers.DateField(help_text="The first night (or day of day care).")
    end_date = serializers.DateField(help_text="The day of departure; for day care the last day.")
    pet_ids = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, min_length=1, max_length=MOST_PETS
    )
    pets = serializers.IntegerField(required=False, min_value=1, max_value=MOST_PETS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two ways to say how many pets."""
        if ("pet_ids" in attrs) == ("pets" in attrs):
            raise serializers.ValidationError({"pets": ["Give either pet_ids or pets."]})
        return attrs


class LineSerializer(serializers.Serializer[Any]):
    """The price of one night; the lines add up to the subtotal."""

    date = serializers.DateField()
    amount_minor = serializers.IntegerField()
    base_minor = serializers.IntegerField(help_text="The sitter's rate and extra pets, before factors.")
    multiplier = serializers.FloatField()
    why = serializers.CharField()


class FactorSerializer(serializers.Serializer[Any]):
    """One reason for a price above or below the base."""

    name = serializers.CharField(help_text="demand, lead_time, weekend or public_holiday.")
    value = serializers.FloatField()
    why = serializers.CharField()
    nights = serializers.ListField(child=serializers.DateField(), help_text="Empty: the whole stay.")


class SurgeSerializer(serializers.Serializer[Any]):
    """What the stay costs over its base on the whole, in steps of 0.05 from 0.80 to 2.00, and why."""

    multiplier = serializers.FloatField()
    factors = FactorSerializer(many=True)


class QuoteSerializer(serializers.Serializer[Any]):
    """A price, valid until `expires_at`."""

    quote_id = serializers.CharField(source="public_id")
    currency = serializers.CharField()
    lines = LineSerializer(many=True)
    surge = SurgeSerializer()
    subtotal_minor = serializers.IntegerField()
    owner_fee_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()
    sitter_fee_minor = serializers.IntegerField()
    sitter_earnings_minor = serializers.IntegerField()
    cancellation_policy = serializers.ChoiceField(choices=CancellationPolicy.choices)
    expires_at = serializers.DateTimeField()


class CreateSerializer(serializers.Serializer[Any]):
    """A quote to book, and the pets it is for."""

    quote_id = serializers.CharField(max_length=64)
    pet_ids = serializers.ListField(child=serializers.CharField(max_length=64), min_length=1, max_length=MOST_PETS)
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class DepositSerializer(serializers.Serializer[Any]):
    """A booking to pay, and the gateway's token of the payment method (never a card number)."""

    booking_id = serializers.CharField(max_length=64)
    payment_method = serializers.RegexField(
        r"^pm_[A-Za-z0-9_]+$",
        max_length=255,
        error_messages={"invalid": "Send the payment method's token, which begins with pm_."},
    )


class StartSerializer(serializers.Serializer[Any]):
    """The six digits that the owner tells the sitter at the door."""

    pin = serializers.RegexField(r"^\d{6}$", error_messages={"invalid": "Send the owner's PIN: six digits."})


class CancelSerializer(serializers.Serializer[Any]):
    """The refund quote that was shown."""

    refund_quote = serializers.CharField(max_length=1000)


class ProblemSerializer(serializers.Serializer[Any]):
    """What went wrong."""

    category = serializers.ChoiceField(choices=ProblemReport.Category.choices)
    description = serializers.CharField(max_length=4000)


class ProblemAnswerSerializer(serializers.Serializer[Any]):
    """The report that was kept; the payment is frozen until staff has looked."""

    id = serializers.CharField(source="public_id")
    booking_id = serializers.CharField(source="booking.public_id")
    category = serializers.ChoiceField(choices=ProblemReport.Category.choices)
    reported_at = serializers.DateTimeField()


class NoShowReportSerializer(serializers.Serializer[Any]):
    """What happened, in one's own view."""

    who = serializers.ChoiceField(choices=Attendance.choices)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class NoShowAnswerSerializer(serializers.Serializer[Any]):
    """What was said, and what is settled with it; `outcome` is empty while that is open."""

    id = serializers.CharField(source="public_id")
    booking_id = serializers.CharField(source="review.booking.public_id")
    who = serializers.ChoiceField(choices=Attendance.choices)
    reported_at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(choices=Attendance.choices, allow_blank=True, source="review.outcome")


class PayoutRequestSerializer(serializers.Serializer[Any]):
    """The booking to be paid out."""

    booking_id = serializers.CharField(max_length=64)


class PersonSerializer(serializers.Serializer[Any]):
    """The other side, as far as a booking shows it."""

    id = serializers.CharField()
    name = serializers.CharField()


class BookedPetSerializer(serializers.Serializer[Any]):
    """A pet of the booking."""

    id = serializers.CharField()
    name = serializers.CharField()


class NoShowReviewSerializer(serializers.Serializer[Any]):
    """The question why a stay did not begin; `outcome` is empty while it is open."""

    opened_at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(choices=NoShowReview.OUTCOMES, allow_blank=True)
    settled_at = serializers.DateTimeField(allow_null=True)


class BookingSerializer(serializers.Serializer[Any]):
    """A booking, as its owner or its sitter sees it."""

    id = serializers.CharField()
    reference = serializers.CharField()
    status = serializers.ChoiceField(choices=BookingStatus.choices)
    escrow_status = serializers.ChoiceField(choices=HoldState.choices)
    service = serializers.ChoiceField(choices=Service.choices)
    start_date = serializers.DateField()
    end_date = serializers.DateField()
    timezone = serializers.CharField()
    scheduled_start_at = serializers.DateTimeField()
    scheduled_end_at = serializers.DateTimeField()
    sitter = PersonSerializer()
    owner = PersonSerializer()
    pets = BookedPetSerializer(many=True)
    message = serializers.CharField(allow_blank=True)
    currency = serializers.CharField()
    subtotal_minor = serializers.IntegerField()
    owner_fee_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()
    sitter_fee_minor = serializers.IntegerField()
    sitter_earnings_minor = serializers.IntegerField()
    owner_fee_pct = serializers.FloatField()
    sitter_fee_pct = serializers.FloatField()
    cancellation_policy = serializers.ChoiceField(choices=CancellationPolicy.choices)
    start_pin = serializers.CharField(
        allow_null=True, help_text="The owner's alone: tell it to the sitter at the door."
    )
    created_at = serializers.DateTimeField()
    hold_expires_at = serializers.DateTimeField(help_text="Until then the nights are kept for the payment.")
    answer_due_at = serializers.DateTimeField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    no_show_review = NoShowReviewSerializer(allow_null=True)


class EscrowSerializer(serializers.Serializer[Any]):
    """The protected payment."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=HoldState.choices)
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()


class PaymentStatusSerializer(serializers.Serializer[Any]):
    """The charge; `client_secret` when the bank wants to hear from the owner (3-D Secure)."""

    status = serializers.CharField(help_text="`succeeded`, `requires_action`, or `processing` without an answer yet.")
    client_secret = serializers.CharField(required=False)


class DepositAnswerSerializer(serializers.Serializer[Any]):
    """What came of a deposit."""

    booking = BookingSerializer()
    escrow = EscrowSerializer()
    payment = PaymentStatusSerializer()


class PayoutSerializer(serializers.Serializer[Any]):
    """A payout: `in_transit` until the transfer is confirmed, then `paid`."""

    id = serializers.CharField()
    booking_id = serializers.CharField()
    status = serializers.CharField()
    amount_minor = serializers.IntegerField(source="amount.amount_minor")
    currency = serializers.CharField(source="amount.currency")
    sitter_fee_minor = serializers.IntegerField(source="sitter_fee.amount_minor")
    released_at = serializers.DateTimeField(allow_null=True)


class PayoutAnswerSerializer(serializers.Serializer[Any]):
    """The payout of a booking."""

    payout = PayoutSerializer()


class RefundQuoteSerializer(serializers.Serializer[Any]):
    """What cancelling now gives back; present `refund_quote` to cancel at these terms."""

    refund_quote = serializers.CharField(source="token")
    rule = serializers.CharField()
    percent = serializers.IntegerField()
    amount_minor = serializers.IntegerField(source="total.amount_minor")
    stay_minor = serializers.IntegerField(source="stay.amount_minor")
    owner_fee_minor = serializers.IntegerField(source="owner_fee.amount_minor")
    currency = serializers.CharField(source="total.currency")
    why = serializers.CharField()
    expires_at = serializers.DateTimeField()


class MoneyPlaceSerializer(serializers.Serializer[Any]):
    """One sum, where it is, and why."""

    place = serializers.CharField()
    amount_minor = serializers.IntegerField(
        source="amount.amount_minor", help_text="Negative where it is our money that went to the owner."
    )
    currency = serializers.CharField(source="amount.currency")
    why = serializers.CharField()


class MoneyQuerySerializer(serializers.Serializer[Any]):
    """Of which instant."""

    as_of = serializers.DateTimeField(
        required=False, help_text="RFC 3339, with its offset from UTC; without it, where the money is now."
    )


class MoneySerializer(serializers.Serializer[Any]):
    """Where each cent of a booking is; the places add up to what was paid."""

    booking_id = serializers.CharField()
    escrow_status = serializers.ChoiceField(choices=HoldState.choices)
    frozen = serializers.BooleanField()
    disputed = serializers.BooleanField(help_text="The card's bank decides about a payment.")
    currency = serializers.CharField()
    paid_in_minor = serializers.IntegerField(help_text="held + paid out + fees + refunded, to the cent.")
    held_minor = serializers.IntegerField(
        help_text="With us, or on its way to the sitter, or with a bank that decides a dispute."
    )
    paid_out_minor = serializers.IntegerField(help_text="The sitter's, also what is kept of it for a debt.")
    fees_minor = serializers.IntegerField(
        help_text="Fees that we have earned, less what we gave as goodwill or lost to a dispute; may be negative."
    )
    refunded_minor = serializers.IntegerField(help_text="Back with the owner, by a refund or by the card's bank.")
    release_due_at = serializers.DateTimeField(allow_null=True)
    places = MoneyPlaceSerializer(many=True)
