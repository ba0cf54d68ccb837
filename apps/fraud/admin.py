"""Flagged messages in the console, for Trust & Safety; looked at, never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.common.admin import ConsoleAdmin
from apps.fraud import selectors
from apps.fraud.models import FraudLog


@admin.register(FraudLog)
class FraudLogAdmin(ConsoleAdmin):
    """The log; what was written stays with the conversation."""

    list_display = ("created_at", "category", "action", "score", "urgent", "relation", "source", "sender")
    list_filter = ("category", "action", "urgent", "needs_review", "relation", "source", "monitor_version")
    search_fields = ("=conversation_reference", "=message_reference", "sender__email__istartswith")
    search_help_text = "A message's or a conversation's id, or the beginning of the sender's address"
    ordering = ("-id",)
    list_select_related = ("sender",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Trust & Safety alone."""
        return selectors.may_see_log(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Trust & Safety alone."""
        return selectors.may_see_log(request.user)
