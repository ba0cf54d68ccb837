"""Protected payments in the console: looked at by groups, frozen and lifted with a reason."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.accounts import selectors as accounts
from apps.accounts.console import StaffAdmin
from apps.common.admin import RowsInline
from apps.common.console_actions import with_reason
from apps.common.console_columns import money_column, name_column
from apps.common.names import id_called
from apps.escrow import admin_control  # noqa: F401 - its lists register themselves
from apps.escrow.admin_bank_refunds import BankRefundInline
from apps.escrow.admin_corrections import CORRECTIONS, CorrectionActions
from apps.escrow.models import BlockerChange, DueChange, Hold, HoldTransition, RefundPart
from apps.escrow.services import StayPetEscrow, payees
from apps.escrow.states import PartStatus

BLOCK = ("Finance", "Trust & Safety")
REFUND = ("Finance",)
BOOKING = name_column("booking_id", "booking", "Booking")
AMOUNTS = (
    money_column("stay_minor", "Stay"),
    money_column("stay_refunded_minor", "Of the stay, refunded"),
    money_column("owner_fee_minor", "Owner's fee"),
    money_column("owner_fee_refunded_minor", "Of the fee, refunded"),
)


class TransitionInline(RowsInline):
    """Moves of the state."""

    model = HoldTransition
    related = ("actor",)
    fields = ("happened_at", "old_state", "new_state", "actor", "reason")
    ordering = ("id",)


class DueInline(RowsInline):
    """Changes of the due instant."""

    model = DueChange
    related = ("actor",)
    fields = ("happened_at", "old_due_at", "new_due_at", "actor", "reason")
    ordering = ("id",)


class BlockerInline(RowsInline):
    """Freezes, disputes and lifts."""

    model = BlockerChange
    related = ("actor",)
    fields = ("happened_at", "blocker", "set_on", "actor", "reason")
    ordering = ("id",)


class RefusedFilter(admin.SimpleListFilter):
    """Whether a refund that failed still owes the owner something."""

    title = "failed refund"
    parameter_name = "refund"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer those that wait."""
        return [("waits", "waits")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Hold]) -> QuerySet[Hold]:
        """Keep the holds with a part that failed and was not asked for again."""
        waiting = RefundPart.objects.filter(status=PartStatus.FAILED, sent_again_at__isnull=True)
        return queryset.filter(refunds__parts__in=waiting).distinct() if self.value() == "waits" else queryset


@admin.register(Hold)
class HoldAdmin(CorrectionActions, StaffAdmin):
    """Every hold with what it holds, when it is due and what stops it; all look who answer questions about bookings."""

    seen_by = ("Finance", "Trust & Safety", "Operations", "Support")
    list_display = (BOOKING, "state", "stay", "owner_fee", "release_due_at", "frozen_at", "last_problem")
    list_filter = (
        "state",
        RefusedFilter,
        ("frozen_at", admin.EmptyFieldListFilter),
        ("disputed_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("=booking_id",)
    search_help_text = "A booking's whole reference or id"
    ordering = ("-id",)
    named: ClassVar[dict[str, str]] = {"booking_id": "booking"}
    readonly_fields = (BOOKING, *AMOUNTS)
    fields = (
        BOOKING, "booking_id", "state", "resume_state", *AMOUNTS, "sitter_fee_pct", "release_due_at",
        "next_attempt_at", "last_problem", "frozen_at", "disputed_at", "released_at", "opened_at",
    )  # fmt: skip
    inlines = (TransitionInline, DueInline, BlockerInline, BankRefundInline, *CORRECTIONS)
    actions = (
        "freeze", "lift", "pause_sitter", "refund_again", "surplus_again", "claw_back", "recover", "goodwill",
    )  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Hold], search_term: str
    ) -> tuple[QuerySet[Hold], bool]:
        """Find a hold by what people call its booking, too."""
        term = id_called("booking", search_term) or search_term
        found: tuple[QuerySet[Hold], bool] = super().get_search_results(request, queryset, term)
        return found

    def has_block_permission(self, request: HttpRequest) -> bool:
        """Finance and Trust & Safety stop payouts."""
        return accounts.belongs_to(request.user, *BLOCK)

    def has_refund_permission(self, request: HttpRequest) -> bool:
        """Finance sends money."""
        return accounts.belongs_to(request.user, *REFUND)

    @admin.action(description="Freeze, with a reason", permissions=["block"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Stop the chosen payouts."""

        def change(actor: Any, hold: Hold, reason: str) -> None:
            StayPetEscrow.freeze(booking_id=hold.booking_id, actor=actor, reason=reason)

        return with_reason(self, request, queryset, "freeze", change, show=_shown)

    @admin.action(description="Lift the freeze, with a reason", permissions=["block"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Let the chosen payouts go on."""

        def change(actor: Any, hold: Hold, reason: str) -> None:
            StayPetEscrow.lift(booking_id=hold.booking_id, actor=actor, reason=reason)

        return with_reason(self, request, queryset, "lift", change, show=_shown)

    @admin.action(description="Pause this sitter's payouts, with a reason", permissions=["refund"])
    def pause_sitter(self, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Let all payouts to the sitters of the chosen holds rest."""

        def change(actor: Any, hold: Hold, reason: str) -> None:
            payees.pause(user_id=hold.payee_user_id, actor=actor, reason=reason)

        return with_reason(self, request, queryset, "pause payouts to the sitter", change, show=_shown)

    @admin.action(description="Send a refused refund again, with a reason", permissions=["refund"])
    def refund_again(self, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Try once more to give back what the gateway refused or the owner's bank returned."""

        def change(actor: Any, hold: Hold, reason: str) -> None:
            StayPetEscrow.refund_again(booking_id=hold.booking_id, actor=actor, reason=reason)

        return with_reason(self, request, queryset, "send the refund again", change, show=_shown)


def _shown(hold: Hold) -> str:
    return f"Booking {hold.booking_id} ({hold.stay}, {hold.get_state_display()})"
