"""What the API of statements shows."""

from typing import Any

from rest_framework import serializers

from apps.statements.types import LineKind


class TotalsSerializer(serializers.Serializer[Any]):
    """Sums: gross = fees + kept + paid."""

    stays = serializers.IntegerField()
    gross_minor = serializers.IntegerField(help_text="The price of the stays, before our fee.")
    fees_minor = serializers.IntegerField()
    kept_minor = serializers.IntegerField(help_text="What settled a payout that had been taken back.")
    paid_minor = serializers.IntegerField()


class StatementSerializer(serializers.Serializer[Any]):
    """A closed month."""

    id = serializers.CharField()
    number = serializers.CharField()
    currency = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    timezone = serializers.CharField()
    issued_at = serializers.DateTimeField()
    totals = TotalsSerializer()


class StatementLineSerializer(serializers.Serializer[Any]):
    """A payout, or one that was taken back (negative)."""

    kind = serializers.ChoiceField(LineKind.choices)
    happened_at = serializers.DateTimeField()
    booking_id = serializers.CharField()
    reference = serializers.CharField()
    stay_minor = serializers.IntegerField()
    fee_minor = serializers.IntegerField()
    kept_minor = serializers.IntegerField()
    paid_minor = serializers.IntegerField()


class SheetSerializer(serializers.Serializer[Any]):
    """A statement with its lines; without number and date of issue while it is open."""

    number = serializers.CharField(allow_blank=True)
    currency = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    timezone = serializers.CharField()
    issued_at = serializers.DateTimeField(allow_null=True)
    totals = TotalsSerializer()
    lines = StatementLineSerializer(many=True)


class OpenSheetsSerializer(serializers.Serializer[Any]):
    """What the open month holds so far, a statement a currency."""

    statements = SheetSerializer(many=True)


class YearSerializer(serializers.Serializer[Any]):
    """A calendar year in one currency."""

    year = serializers.IntegerField()
    currency = serializers.CharField()
    timezone = serializers.CharField()
    months = TotalsSerializer(many=True, help_text="January to December.")
    quarters = TotalsSerializer(many=True)
    total = TotalsSerializer()


class YearsSerializer(serializers.Serializer[Any]):
    """The year in each currency in which something was paid."""

    years = YearSerializer(many=True)


class ReceiptLineSerializer(serializers.Serializer[Any]):
    """One line."""

    what = serializers.CharField()
    amount_minor = serializers.IntegerField()


class ReceiptSerializer(serializers.Serializer[Any]):
    """What an owner paid for a stay, and what came back."""

    reference = serializers.CharField()
    sitter = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    currency = serializers.CharField()
    lines = ReceiptLineSerializer(many=True)
    paid_minor = serializers.IntegerField()
    refunded_minor = serializers.IntegerField()
    issued_at = serializers.DateTimeField()
