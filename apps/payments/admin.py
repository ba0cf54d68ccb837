"""Payments in the console: to look at, never to touch; an event of the inbox may be tried again."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, F, When
from django.http import HttpRequest, HttpResponse

from apps.accounts.console import StaffAdmin
from apps.common.console_actions import with_reason
from apps.common.money import Money
from apps.payments import services
from apps.payments.models import (
    Dispute,
    Operation,
    PayeeAccount,
    Payment,
    Refund,
    Reversal,
    Transfer,
    Transition,
    WebhookEvent,
)
from apps.payments.states import OPEN_DISPUTES


class PaymentsAdmin(StaffAdmin):
    """Base of this app's lists: Finance answers for money that moves."""

    seen_by = ("Finance",)


class _MoneyAdmin(PaymentsAdmin):
    """What payments, refunds and transfers share."""

    list_filter = ("status", "purpose")
    search_fields = ("public_id", "subject", "provider_id")
    ordering = ("-id",)
    search_help_text = "Any part of the id here, of its subject or at the gateway"
    exclude: tuple[str, ...] = ("client_secret", "payment_method", "amount_minor", "currency")
    readonly_fields: tuple[str, ...] = ("amount_shown",)

    @admin.display(description="Amount")
    def amount_shown(self, row: Any) -> Money:
        """The amount with its currency."""
        return Money(row.amount_minor, row.currency)


@admin.register(Payment)
class PaymentAdmin(_MoneyAdmin):
    """Money from payers."""

    list_display = ("public_id", "purpose", "subject", "amount_shown", "status", "failure_code", "created_at")


@admin.register(Refund)
class RefundAdmin(_MoneyAdmin):
    """Money back to payers."""

    list_display = ("public_id", "payment", "amount_shown", "status", "reason", "failure_code", "created_at")
    list_select_related = ("payment",)


@admin.register(Transfer)
class TransferAdmin(_MoneyAdmin):
    """Money to payees."""

    list_display = ("public_id", "subject", "payee", "amount_shown", "status", "failure_code", "created_at")
    list_select_related = ("payee",)


@admin.register(Reversal)
class ReversalAdmin(_MoneyAdmin):
    """Money back from payees."""

    list_display = (
        "public_id", "subject", "transfer", "amount_shown", "reversed_shown", "status", "failure_code", "created_at",
    )  # fmt: skip
    list_select_related = ("transfer",)
    exclude = ("amount_minor", "reversed_minor", "currency")
    readonly_fields = ("amount_shown", "reversed_shown")

    @admin.display(description="Came back")
    def reversed_shown(self, row: Reversal) -> Money:
        """What came back, with its currency."""
        return row.reversed


@admin.register(Dispute)
class DisputeAdmin(PaymentsAdmin):
    """Disputes of payers' banks: those that wait for our evidence first, the next deadline on top."""

    list_display = (
        "provider_id", "payment", "amount_shown", "status", "reason", "evidence_due_at", "withdrawn_shown",
        "fee_shown", "created_at",
    )  # fmt: skip
    list_filter = ("status", "reason")
    search_fields = ("provider_id", "payment__subject", "payment__public_id")
    search_help_text = "Any part of the gateway's id, or of the payment's id or subject"
    list_select_related = ("payment",)
    exclude = ("amount_minor", "withdrawn_minor", "fee_minor", "settled_minor", "currency")
    readonly_fields = ("amount_shown", "withdrawn_shown", "fee_shown")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Open ones first by when evidence is due, then the decided ones, newest first."""
        decided = Case(When(status__in=OPEN_DISPUTES, then=0), default=1)
        due = Case(When(status__in=OPEN_DISPUTES, then=F("evidence_due_at")))
        return (decided, due.asc(nulls_last=True), "-id")

    @admin.display(description="Amount")
    def amount_shown(self, row: Dispute) -> Money:
        """What is disputed, with its currency."""
        return row.amount

    @admin.display(description="Withdrawn")
    def withdrawn_shown(self, row: Dispute) -> Money:
        """What the bank holds of ours."""
        return Money(row.withdrawn_minor, row.currency)

    @admin.display(description="Fees")
    def fee_shown(self, row: Dispute) -> Money:
        """What the gateway keeps."""
        return Money(row.fee_minor, row.currency)


@admin.register(Operation)
class OperationAdmin(PaymentsAdmin):
    """Calls to the gateway, and those whose answer is missing."""

    list_display = (
        "public_id", "kind", "status", "attempts", "generation", "sent_at", "finished_at", "next_attempt_at",
        "last_error",
    )  # fmt: skip
    list_filter = ("status", "kind")
    search_fields = ("public_id",)
    ordering = ("-id",)
    raw_id_fields = ("payment", "refund", "transfer", "reversal", "payee")


@admin.register(PayeeAccount)
class PayeeAccountAdmin(PaymentsAdmin):
    """Who can be paid."""

    list_display = ("public_id", "user", "provider_account_id", "payouts_enabled", "details_submitted", "created_at")
    list_filter = ("payouts_enabled",)
    search_fields = ("public_id", "provider_account_id", "user__email__istartswith")
    list_select_related = ("user",)
    ordering = ("-id",)
    raw_id_fields = ("user",)


@admin.register(WebhookEvent)
class WebhookEventAdmin(PaymentsAdmin):
    """The inbox: parked and unmatched events are worth a look."""

    list_display = (
        "provider_event_id", "type", "object_id", "status", "attempts", "received_at", "processed_at", "last_error",
    )  # fmt: skip
    list_filter = ("status", "type")
    search_fields = ("provider_event_id", "object_id")
    ordering = ("-id",)
    actions = ("retry",)

    @admin.action(description="Process again, with a reason")
    def retry(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Have parked and unmatched events processed again."""

        def change(actor: Any, row: WebhookEvent, reason: str) -> None:
            services.retry(row.pk, actor=actor, reason=reason)

        return with_reason(self, request, queryset, "process again", change)


@admin.register(Transition)
class TransitionAdmin(PaymentsAdmin):
    """Every change of state."""

    list_display = ("id", "kind", "subject_id", "from_status", "to_status", "happened_at")
    list_filter = ("kind", "to_status")
    search_fields = ("subject_id",)
    ordering = ("-id",)
