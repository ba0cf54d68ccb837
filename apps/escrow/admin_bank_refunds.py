"""Refunds by bank transfer in the console: one of Finance proposes, another one sends."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from apps.accounts import selectors as accounts
from apps.accounts.console import StaffAdmin
from apps.common.admin import RowsInline
from apps.common.console_actions import with_reason
from apps.common.console_columns import money_column, name_column
from apps.common.console_forms import ask
from apps.escrow.control_forms import BankRefundForm
from apps.escrow.models import BankRefund, BankRefundChange
from apps.escrow.services import StayPetEscrow, bank_refunds

BOOKING = name_column("booking_id", "booking", "Booking")
AMOUNT = money_column("amount_minor", "Amount")


class BankRefundInline(RowsInline):
    """Transfers in place of refunds that failed."""

    model = BankRefund
    related = ("proposed_by", "decided_by")
    fields = (
        "proposed_at", "status", AMOUNT, "reference", "proposed_by", "reason", "decided_by", "decided_at",
    )  # fmt: skip
    ordering = ("id",)


class ChangeInline(RowsInline):
    """The steps of a transfer."""

    model = BankRefundChange
    related = ("actor",)
    fields = ("happened_at", "old_status", "new_status", "actor", "reason")
    ordering = ("id",)


@admin.register(BankRefund)
class BankRefundAdmin(StaffAdmin):
    """What owners get by a transfer from our bank, since no card could take it back."""

    seen_by = bank_refunds.WHO_MAY
    list_display = (
        BOOKING, AMOUNT, "reference", "status", "proposed_by", "proposed_at", "decided_by", "decided_at",
    )  # fmt: skip
    list_filter = ("status", "currency")
    list_select_related = ("hold", "proposed_by", "decided_by")
    named: ClassVar[dict[str, str]] = {"booking_id": "booking"}
    search_fields = ("=reference", "=hold__booking_id")
    search_help_text = "A transfer's whole reference, or a booking's id"
    ordering = ("-id",)
    readonly_fields = (BOOKING, AMOUNT)
    fields = (
        BOOKING, AMOUNT, "reference", "status", "proposed_by", "proposed_at", "reason", "decided_by", "decided_at",
    )  # fmt: skip
    inlines = (ChangeInline,)
    actions = ("send", "reject", "returned")
    actions_list = ("propose",)

    def has_pay_permission(self, request: HttpRequest) -> bool:
        """Finance sends money."""
        return accounts.belongs_to(request.user, *bank_refunds.WHO_MAY)

    @action(description="Propose a refund by bank transfer", url_path="propose", permissions=["pay"])  # type: ignore[untyped-decorator]  # unfold is untyped
    def propose(self, request: HttpRequest) -> HttpResponse:
        """Ask what and why, show what is owed, then keep the money for the transfer."""

        form = BankRefundForm(request.POST or None)

        def submit() -> str:
            owed = bank_refunds.owed_of(form.booking_id())
            row = StayPetEscrow.propose_bank_refund(
                booking_id=form.booking_id(),
                parts=form.parts(owed.stay.currency),
                reference=form.cleaned_data["reference"],
                reason=form.cleaned_data["reason"],
                actor=_actor(request),
            )
            return f"{row}: proposed. A colleague sends or rejects it."

        def preview() -> dict[str, Any]:
            owed = bank_refunds.owed_of(form.booking_id())
            return {"owed": owed, "parts": form.parts(owed.stay.currency)}

        drawn = "admin/escrow/bank_refund.html"
        return ask(self, request, form, "Propose a refund by bank transfer", submit, preview=preview,
                   preview_template=drawn)  # fmt: skip

    @admin.action(description="Send a colleague's proposal, with a reason", permissions=["pay"])
    def send(self, request: HttpRequest, queryset: QuerySet[BankRefund]) -> HttpResponse | None:
        """Book the transfer as gone."""

        def change(actor: Any, row: BankRefund, reason: str) -> None:
            StayPetEscrow.send_bank_refund(bank_refund_id=str(row.public_id), actor=actor, reason=reason)

        warning = "Make the transfer at the bank under exactly this reference. It is booked from our bank account."
        return with_reason(self, request, queryset, "send", change, show=_shown, warning=warning, pinned=True)

    @admin.action(description="Reject a proposal, with a reason", permissions=["pay"])
    def reject(self, request: HttpRequest, queryset: QuerySet[BankRefund]) -> HttpResponse | None:
        """Let the failed refund wait as before."""

        def change(actor: Any, row: BankRefund, reason: str) -> None:
            StayPetEscrow.reject_bank_refund(bank_refund_id=str(row.public_id), actor=actor, reason=reason)

        return with_reason(self, request, queryset, "reject", change, show=_shown)

    @admin.action(description="Returned by the bank, with a reason", permissions=["pay"])
    def returned(self, request: HttpRequest, queryset: QuerySet[BankRefund]) -> HttpResponse | None:
        """Owe it again."""

        def change(actor: Any, row: BankRefund, reason: str) -> None:
            StayPetEscrow.bank_refund_returned(bank_refund_id=str(row.public_id), actor=actor, reason=reason)

        warning = "Only what is on our bank's statement. The owner is owed it again, and the payment is frozen."
        return with_reason(self, request, queryset, "book as returned", change, show=_shown, warning=warning)


def _actor(request: HttpRequest) -> Any:
    return request.user


def _shown(row: BankRefund) -> str:
    return f"Booking {row.hold.booking_id}: {row}, {row.get_status_display().lower()}; proposed by {row.proposed_by}"
