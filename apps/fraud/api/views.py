"""The fraud log, for Trust & Safety."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.permissions import StaffGroup
from apps.common.api.schema import operation
from apps.common.api.views import PagedView
from apps.fraud import selectors
from apps.fraud.models import FraudLog, Source
from apps.fraud.states import Category, Decision


class FlaggedSerializer(serializers.Serializer[Any]):
    """One flagged message: where and why, never what was written."""

    id = serializers.UUIDField(source="public_id")
    origin = serializers.ChoiceField(Source.choices, source="source", help_text="A message, or a check by staff.")
    message_id = serializers.UUIDField(source="message_reference", allow_null=True)
    conversation_id = serializers.UUIDField(source="conversation_reference", allow_null=True)
    action = serializers.ChoiceField(Decision.choices)
    category = serializers.ChoiceField(Category.choices)
    categories = serializers.DictField(child=serializers.FloatField(), help_text="Scores by category.")
    score = serializers.FloatField()
    urgent = serializers.BooleanField()
    needs_review = serializers.BooleanField()
    monitor_version = serializers.CharField()
    created_at = serializers.DateTimeField()


class FlaggedQuerySerializer(serializers.Serializer[Any]):
    """Which part of the log."""

    conversation_id = serializers.UUIDField(required=False)
    category = serializers.ChoiceField(Category.choices, required=False)


class FraudLogView(PagedView):
    """What the monitor flagged, newest first."""

    permission_classes = [StaffGroup("Trust & Safety")]

    @operation(
        summary="Read the fraud log",
        parameters=[FlaggedQuerySerializer],
        responses={200: FlaggedSerializer(many=True)},
        errors=["staff_only:403", "second_factor_required:403", "forbidden:403"],
        role="Trust & Safety, with a second factor",
        tags=["chat"],
        operation_id="fraud_log_list",
    )
    def get(self, request: Request) -> Response:
        """Answer one page of flagged messages."""
        query = self.parse_query(FlaggedQuerySerializer, request)
        rows = selectors.flagged(request.user, **query)
        return self.page(rows, _body)


def _body(row: FraudLog) -> dict[str, Any]:
    return dict(FlaggedSerializer(row).data)
