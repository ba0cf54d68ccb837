"""Freezes, payout runs, resting payees and policies in the console; `admin.py` registers them by its import."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from apps.accounts import selectors as accounts
from apps.accounts.console import StaffAdmin
from apps.common.admin import RowsInline
from apps.common.clock import business_now
from apps.common.console_actions import with_reason
from apps.common.console_columns import money_column, name_column
from apps.common.console_forms import ask
from apps.escrow.control_forms import FreezeForm, FreezeLimitForm, HoldPolicyForm
from apps.escrow.covered import covered_by
from apps.escrow.freezing import WHO_MAY, FreezeScope
from apps.escrow.models import (
    Freeze,
    FreezeChange,
    FreezeLimit,
    HoldPolicy,
    PayeeStanding,
    PayoutRun,
    StandingChange,
)
from apps.escrow.services import freezes, payees, policies

FINANCE = ("Finance",)


class FreezeChangeInline(RowsInline):
    """The steps of a freeze."""

    model = FreezeChange
    related = ("actor",)
    fields = ("happened_at", "step", "actor", "reason", "facts")
    ordering = ("id",)


@admin.register(Freeze)
class FreezeAdmin(StaffAdmin):
    """What stands still, since when and until when; placed, approved and lifted here."""

    seen_by = ("Finance", "Trust & Safety")
    list_display = (
        name_column("booking_id", "booking", "Booking"),
        "scope", "payee_user", "standing", "reason", "placed_by", "placed_at", "expires_at", "approve_by",
    )  # fmt: skip
    list_filter = ("scope", ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("payee_user", "placed_by")
    named: ClassVar[dict[str, str]] = {"booking_id": "booking"}
    ordering = ("-id",)
    readonly_fields = ("standing",)
    fields = (
        "scope", "booking_id", "payee_user", "standing", "reason", "placed_by", "placed_at", "expires_at",
        "approve_by", "approved_by", "approved_at", "lift_asked_by", "lift_asked_at", "ended_at",
    )  # fmt: skip
    inlines = (FreezeChangeInline,)
    actions = ("approve", "lift")
    actions_list = ("place",)

    @admin.display(description="State")
    def standing(self, freeze: Freeze) -> str:
        """Where it stands, in words."""
        if freeze.ended_at is not None:
            return "ended"
        if freeze.lift_asked_at is not None:
            return "lift asked for: a second person decides"
        waits = freeze.approve_by is not None and freeze.approved_at is None
        return "lapses without a second person" if waits else "stands"

    def has_block_permission(self, request: HttpRequest) -> bool:
        """Whoever may freeze a booking comes in; the service asks again for wider scopes."""
        return accounts.belongs_to(request.user, *WHO_MAY[FreezeScope.BOOKING])

    @action(description="Freeze: a booking, a sitter, everything", url_path="place", permissions=["block"])  # type: ignore[untyped-decorator]  # unfold is untyped
    def place(self, request: HttpRequest) -> HttpResponse:
        """Ask what and why, show what would stop, then stop it."""

        form = FreezeForm(request.POST or None)

        def submit() -> str:
            row = freezes.place(
                target=form.target(),
                actor=_actor(request),
                reason=form.cleaned_data["reason"],
                expires_in=form.expires_in(),
            )
            waits = (
                f" It lapses at {row.approve_by:%d %b %H:%M} UTC unless a colleague approves." if row.approve_by else ""
            )
            return f"Frozen.{waits}"

        def preview() -> dict[str, Any]:
            return {"covered": covered_by(form.target())}

        drawn = "admin/escrow/covered.html"
        return ask(self, request, form, "Freeze payouts", submit, preview=preview, preview_template=drawn)

    @admin.action(description="Approve, with a reason", permissions=["block"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Freeze]) -> HttpResponse | None:
        """Agree to a colleague's freeze."""

        def change(actor: Any, row: Freeze, reason: str) -> None:
            freezes.approve(freeze_id=str(row.public_id), actor=actor, reason=reason)

        return with_reason(self, request, queryset, "approve", change)

    @admin.action(description="Lift, with a reason", permissions=["block"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Freeze]) -> HttpResponse | None:
        """Let the payouts go on; above the limit a second person has to ask for the same."""

        def change(actor: Any, row: Freeze, reason: str) -> None:
            freezes.lift(freeze_id=str(row.public_id), actor=actor, reason=reason)

        warning = "Above the limit, and for everything, the first person asks and a second one lifts."
        return with_reason(self, request, queryset, "lift", change, warning=warning)


@admin.register(PayoutRun)
class PayoutRunAdmin(StaffAdmin):
    """What each payout run found, paid and left."""

    seen_by = FINANCE
    list_display = ("started_at", "finished_at", "claimed", "started", "postponed", "stopped_by")
    list_filter = (("finished_at", admin.EmptyFieldListFilter),)
    ordering = ("-id",)
    fields = ("public_id", "started_at", "finished_at", "claimed", "started", "postponed", "stopped_by")
    readonly_fields = ("public_id",)


class StandingChangeInline(RowsInline):
    """Pauses and resumes."""

    model = StandingChange
    related = ("actor",)
    fields = ("happened_at", "mark", "set_on", "actor", "reason")
    ordering = ("id",)


@admin.register(PayeeStanding)
class PayeeStandingAdmin(StaffAdmin):
    """Sitters whose payouts rest or rested; paused on a hold's page, resumed here."""

    seen_by = ("Finance", "Trust & Safety")
    list_display = ("user", "paused_at", "paused_by", "disabled_at", "reason")
    list_filter = (("paused_at", admin.EmptyFieldListFilter), ("disabled_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "paused_by")
    search_fields = ("user__email__istartswith",)
    search_help_text = "How the sitter's address begins"
    ordering = ("user",)
    fields = ("user", "paused_at", "paused_by", "disabled_at", "reason")
    inlines = (StandingChangeInline,)
    actions = ("resume",)

    def has_pay_permission(self, request: HttpRequest) -> bool:
        """Finance answers for payouts."""
        return accounts.belongs_to(request.user, *payees.WHO_MAY)

    @admin.action(description="Resume the payouts, with a reason", permissions=["pay"])
    def resume(self, request: HttpRequest, queryset: QuerySet[PayeeStanding]) -> HttpResponse | None:
        """Pay the chosen sitters again."""

        def change(actor: Any, row: PayeeStanding, reason: str) -> None:
            payees.resume(user_id=row.user_id, actor=actor, reason=reason)

        return with_reason(self, request, queryset.select_related("user"), "resume", change, show=_sitter)


@admin.register(HoldPolicy)
class HoldPolicyAdmin(StaffAdmin):
    """How long payouts wait; a change is a new row for clocks that start from its instant on."""

    seen_by = FINANCE
    list_display = ("effective_at", "hold_hours", "first_stays", "first_stays_hours", "actor", "reason")
    list_select_related = ("actor",)
    ordering = ("-effective_at", "-id")
    actions_list = ("change",)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Finance decides."""
        return accounts.belongs_to(request.user, *policies.WHO_MAY)

    @action(description="Change the policy", url_path="decide", permissions=["decide"])  # type: ignore[untyped-decorator]  # unfold is untyped
    def change(self, request: HttpRequest) -> HttpResponse:
        """Append a policy."""

        form = HoldPolicyForm(request.POST or None)

        def submit() -> str:
            said = dict(form.cleaned_data)
            effective_at = business_now() + timedelta(hours=said.pop("starts_in"))
            row = policies.set_hold_policy(**said, effective_at=effective_at, actor=_actor(request))
            return f"From {row.effective_at:%d %b %H:%M} UTC on: {row}. Clocks that run keep their instant."

        return ask(self, request, form, "Change how long payouts wait", submit)


@admin.register(FreezeLimit)
class FreezeLimitAdmin(StaffAdmin):
    """From which sum a freeze and a lift take two people; the latest row of a currency holds."""

    seen_by = FINANCE
    list_display = (
        "effective_at", "currency", money_column("limit_minor", "Limit"), "approve_within", "actor", "reason",
    )  # fmt: skip
    list_select_related = ("actor",)
    ordering = ("-effective_at", "-id")
    actions_list = ("change",)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Finance decides."""
        return accounts.belongs_to(request.user, *policies.WHO_MAY)

    @action(description="Change a limit", url_path="decide", permissions=["decide"])  # type: ignore[untyped-decorator]  # unfold is untyped
    def change(self, request: HttpRequest) -> HttpResponse:
        """Append a limit."""

        form = FreezeLimitForm(request.POST or None)

        def submit() -> str:
            policies.set_freeze_limit(**form.cleaned_data, actor=_actor(request))
            return "The limit holds from now on."

        return ask(self, request, form, "Change a limit", submit)


def _actor(request: HttpRequest) -> Any:
    return request.user


def _sitter(row: PayeeStanding) -> str:
    return str(row.user)
