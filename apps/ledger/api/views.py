"""The trial balance, for Finance."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.permissions import StaffGroup
from apps.common.api.schema import operation
from apps.common.api.views import ApiView
from apps.ledger import selectors


class TrialBalanceRowSerializer(serializers.Serializer[Any]):
    """The natural balance of one kind of account in one currency."""

    kind = serializers.CharField()
    currency = serializers.CharField()
    accounts = serializers.IntegerField(help_text="How many accounts of the kind were used.")
    balance_minor = serializers.IntegerField(help_text="Positive on the kind's natural side.")


class TrialBalanceSerializer(serializers.Serializer[Any]):
    """The whole ledger, added up and checked."""

    balanced = serializers.BooleanField(help_text="Whether every check of the ledger holds.")
    problems = serializers.ListField(child=serializers.CharField())
    journals = serializers.IntegerField()
    entries = serializers.IntegerField()
    rows = TrialBalanceRowSerializer(many=True)


class TrialBalanceView(ApiView):
    """Adds up the ledger and checks it, as `manage.py check_ledger` does."""

    permission_classes = [StaffGroup("Finance")]

    @operation(
        summary="Add up and check the ledger",
        responses={200: TrialBalanceSerializer},
        errors=["staff_only:403", "second_factor_required:403", "forbidden:403"],
        role="Finance, with a second factor",
        tags=["ledger"],
    )
    def get(self, request: Request) -> Response:
        """Answer the trial balance."""
        report = selectors.check()
        rows = [
            {
                "kind": row.kind,
                "currency": row.currency,
                "accounts": report.accounts[row.kind, row.currency],
                "balance_minor": row.balance.amount_minor,
            }
            for row in report.rows
        ]
        body = {
            "balanced": not report.problems,
            "problems": list(report.problems),
            "journals": report.journals,
            "entries": report.entries,
            "rows": rows,
        }
        return Response(TrialBalanceSerializer(body).data)
