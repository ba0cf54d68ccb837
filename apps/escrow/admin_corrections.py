"""What Finance puts right after a payout: claw backs, recoveries, goodwill, debts; with amounts and a reason."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.accounts import selectors as accounts
from apps.accounts.console import StaffAdmin
from apps.common.admin import RowsInline
from apps.common.console_actions import with_amounts, with_reason
from apps.common.console_columns import money_column
from apps.common.money import Money
from apps.escrow.models import ClawBack, Dispute, Goodwill, Hold, Receivable, ReceivableChange
from apps.escrow.services import StayPetEscrow

FINANCE = ("Finance",)
OWED = (money_column("amount_minor", "Owed at first"), money_column("open_minor", "Still owed"))


class ClawBackInline(RowsInline):
    """Payouts that were taken back, for the owner or into a loss."""

    model = ClawBack
    related = ("actor",)
    fields = (
        "started_at", "aim", "status", "stay_minor", "owner_fee_minor", "sitter_minor", "reversed_minor",
        "last_problem", "actor", "reason",
    )  # fmt: skip
    ordering = ("id",)


class DisputeInline(RowsInline):
    """Disputes of the payments, and what a loss cost whom."""

    model = Dispute
    fields = (
        "opened_at", "status", "amount_minor", "bank_reason", "evidence_due_at", "stay_lost_minor",
        "owner_fee_lost_minor", "borne_minor", "recovered_minor", "decided_at",
    )  # fmt: skip
    ordering = ("id",)


class GoodwillInline(RowsInline):
    """What we gave the owner."""

    model = Goodwill
    related = ("actor",)
    fields = ("started_at", "status", "amount_minor", "failure_code", "actor", "reason")
    ordering = ("id",)


CORRECTIONS = (ClawBackInline, DisputeInline, GoodwillInline)


class CorrectionActions:
    """Actions of a hold's list for Finance; each asks for its amounts and a reason."""

    @admin.action(description="Claw back after the payout, by component", permissions=["refund"])
    def claw_back(self: Any, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Take money of a payout back from the sitter and refund the owner."""

        def change(actor: Any, hold: Hold, reason: str, amounts: dict[str, Money]) -> None:
            StayPetEscrow.claw_back(booking_id=hold.booking_id, actor=actor, reason=reason, **amounts)

        asked = {"stay": "Of the stay price, to the owner", "owner_fee": "Of our owner's fee, to the owner"}
        warning = "The sitter's transfers are reversed first. What the sitter has not any more is owed to us."
        return with_amounts(self, request, queryset, "claw back", change, asked=asked, warning=warning)

    @admin.action(description="Recover a lost dispute from the sitter", permissions=["refund"])
    def recover(self: Any, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Take from the sitter what a lost dispute cost us."""

        def change(actor: Any, hold: Hold, reason: str, amounts: dict[str, Money]) -> None:
            StayPetEscrow.recover(booking_id=hold.booking_id, actor=actor, reason=reason, **amounts)

        return with_amounts(self, request, queryset, "recover", change, asked={"amount": "From the sitter"})

    @admin.action(description="Give goodwill at our cost", permissions=["refund"])
    def goodwill(self: Any, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Give the owner money of ours; the sitter keeps theirs."""

        def change(actor: Any, hold: Hold, reason: str, amounts: dict[str, Money]) -> None:
            StayPetEscrow.goodwill(booking_id=hold.booking_id, actor=actor, reason=reason, **amounts)

        return with_amounts(self, request, queryset, "give goodwill", change, asked={"amount": "To the owner"})

    @admin.action(description="Send a payment that was not needed back again", permissions=["refund"])
    def surplus_again(self: Any, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Try once more to give back a payment that the hold has no use for."""

        def change(actor: Any, hold: Hold, reason: str) -> None:
            StayPetEscrow.surplus_again(booking_id=hold.booking_id, actor=actor, reason=reason)

        return with_reason(self, request, queryset, "send the payment back again", change)


class ChangeInline(RowsInline):
    """What happened to a debt."""

    model = ReceivableChange
    related = ("actor",)
    fields = ("happened_at", "kind", "amount_minor", "actor", "reason")
    ordering = ("id",)


@admin.register(Receivable)
class ReceivableAdmin(StaffAdmin):
    """What sitters owe since a claw back came up short; kept from their next payouts by itself."""

    seen_by = FINANCE
    list_display = ("payee_user", *OWED, "created_at")
    list_select_related = ("payee_user",)
    list_filter = ("currency",)
    ordering = ("-id",)
    readonly_fields = OWED
    fields = ("payee_user", *OWED, "created_at")
    inlines = (ChangeInline,)
    actions = ("write_off",)

    def has_write_off_permission(self, request: HttpRequest) -> bool:
        """Finance gives debts up."""
        return accounts.belongs_to(request.user, *FINANCE)

    @admin.action(description="Write off, with a reason", permissions=["write_off"])
    def write_off(self, request: HttpRequest, queryset: QuerySet[Receivable]) -> HttpResponse | None:
        """Give up what is still owed of the chosen debts."""

        def change(actor: Any, debt: Receivable, reason: str) -> None:
            StayPetEscrow.write_off(receivable_id=str(debt.public_id), actor=actor, reason=reason)

        warning = "What is still owed becomes our cost; nothing is kept from later payouts any more."
        return with_reason(self, request, queryset, "write off", change, warning=warning)
