"""Breaks, runs and the gateway's entries in the console: Finance looks, settles and asks for a run."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.timesince import timesince

from apps.accounts import selectors as accounts
from apps.accounts.console import StaffAdmin
from apps.common.admin import RowsInline
from apps.common.clock import real_now
from apps.common.console_actions import with_reason
from apps.common.console_columns import money_column
from apps.common.errors import DomainError
from apps.common.money import Money
from apps.reconciliation import services
from apps.reconciliation.models import Break, BreakChange, GatewayEntry, Proposal, Run, RunItem, RunTotal
from apps.reconciliation.proposals import COUNTER_ACCOUNTS
from apps.reconciliation.states import ProposalStatus
from apps.reconciliation.wording import ADVICE

FINANCE = "Finance"
DIFFERENCE = money_column("difference_minor", "Ours less the gateway's")


class ReconciliationAdmin(StaffAdmin):
    """Base of this app's lists: Finance answers for the comparison."""

    seen_by = (FINANCE,)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Finance settles breaks."""
        return accounts.belongs_to(request.user, FINANCE)


class AgeFilter(admin.SimpleListFilter):
    """How long a break has been there."""

    title = "age"
    parameter_name = "age"
    STEPS: ClassVar[dict[str, tuple[str, timedelta]]] = {
        "day": ("over a day", timedelta(days=1)),
        "week": ("over a week", timedelta(days=7)),
        "month": ("over thirty days", timedelta(days=30)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the steps."""
        return [(key, title) for key, (title, _) in self.STEPS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Break]) -> QuerySet[Break]:
        """Keep what is older."""
        step = self.STEPS.get(self.value() or "")
        return queryset.filter(first_seen_at__lte=real_now() - step[1]) if step else queryset


class OwnerFilter(admin.SimpleListFilter):
    """Whose break it is."""

    title = "owner"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer mine, nobody's, and a colleague's."""
        return [("mine", "mine"), ("nobody", "nobody's"), ("others", "a colleague's")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Break]) -> QuerySet[Break]:
        """Keep those."""
        if self.value() == "mine":
            return queryset.filter(owner=request.user.pk)
        if self.value() == "nobody":
            return queryset.filter(owner=None)
        return queryset.exclude(owner=None).exclude(owner=request.user.pk) if self.value() == "others" else queryset


class ChangeInline(RowsInline):
    """The story of a break."""

    model = BreakChange
    related = ("actor",)
    ordering = ("id",)
    fields = ("happened_at", "what", "from_status", "to_status", "difference_minor", "actor", "reason")


class ProposalInline(RowsInline):
    """Journals proposed for a break."""

    model = Proposal
    related = ("proposed_by", "decided_by")
    ordering = ("id",)
    fields = ("proposed_at", "counter_account", "status", "proposed_by", "reason", "decided_by", "decided_at")


@admin.register(Break)
class BreakAdmin(ReconciliationAdmin):
    """What gateway and books disagree on, live ones first, the oldest of them on top."""

    list_display = ("break_class", DIFFERENCE, "kind", "match_id", "our_id", "age", "owner", "status")
    list_filter = ("status", "break_class", AgeFilter, OwnerFilter, "kind")
    list_select_related = ("owner",)
    search_fields = ("=match_id", "=our_id")
    search_help_text = "A whole id, ours or the gateway's"
    ordering = ("-status", "first_seen_at")
    readonly_fields = ("meaning", "remedy", "proposed", "age", "ours", "theirs", DIFFERENCE)
    fields = (
        "break_class", "status", "meaning", "remedy", "proposed", "owner", "kind", "match_id", "our_id", "ours",
        "theirs", DIFFERENCE, "age", "first_seen_at", "last_seen_at", "resolved_at",
    )  # fmt: skip
    inlines = (ChangeInline, ProposalInline)
    actions = ("take", "explain", *(f"propose_{account}" for account in COUNTER_ACCOUNTS), "post", "reject")

    @admin.display(description="Age", ordering="first_seen_at")
    def age(self, row: Break) -> str:
        """How long it has been there, or was."""
        return timesince(row.first_seen_at, row.resolved_at or real_now())

    @admin.display(description="What it means")
    def meaning(self, row: Break) -> str:
        """The class in plain words."""
        return ADVICE[row.break_class].meaning

    @admin.display(description="What to do")
    def remedy(self, row: Break) -> str:
        """The way out."""
        return ADVICE[row.break_class].remedy

    @admin.display(description="Journal that waits for a second look")
    def proposed(self, row: Break) -> str:
        """The legs of the proposed journal."""
        waiting = row.proposals.filter(status=ProposalStatus.PROPOSED).first()
        return str(services.proposed_journal(row, waiting.counter_account)) if waiting else "none"

    @admin.display(description="In our books")
    def ours(self, row: Break) -> str:
        """What our side holds."""
        return _side(row.ours_minor, row.currency)

    @admin.display(description="At the gateway, by its balance")
    def theirs(self, row: Break) -> str:
        """What the gateway's side holds."""
        return _side(row.theirs_minor, row.currency)

    @admin.action(description="Take it, with a reason", permissions=["act"])
    def take(self, request: HttpRequest, queryset: QuerySet[Break]) -> HttpResponse | None:
        """Become the owner of the chosen breaks."""

        def change(actor: Any, row: Break, reason: str) -> None:
            services.assign(actor=actor, break_id=str(row.public_id), owner=actor, reason=reason)

        return with_reason(self, request, queryset, "take", change)

    @admin.action(description="Explain, with a reason", permissions=["act"])
    def explain(self, request: HttpRequest, queryset: QuerySet[Break]) -> HttpResponse | None:
        """Say why the chosen breaks are as they are."""

        def change(actor: Any, row: Break, reason: str) -> None:
            services.explain(actor=actor, break_id=str(row.public_id), reason=reason)

        return with_reason(self, request, queryset, "explain", change)

    @admin.action(description="Post the proposed journal of a colleague", permissions=["act"])
    def post(self, request: HttpRequest, queryset: QuerySet[Break]) -> HttpResponse | None:
        """Look a second time, then post."""

        def change(actor: Any, row: Break, reason: str) -> None:
            services.post(actor=actor, break_id=str(row.public_id), reason=reason)

        warning = "This posts the journals below to the ledger, for good. Look at each at the gateway first."
        return with_reason(
            self, request, queryset, "post", change, show=self._with_journal, warning=warning, pinned=True
        )

    @admin.action(description="Reject the proposed journal", permissions=["act"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Break]) -> HttpResponse | None:
        """Take the proposals off the table."""

        def change(actor: Any, row: Break, reason: str) -> None:
            services.reject(actor=actor, break_id=str(row.public_id), reason=reason)

        return with_reason(self, request, queryset, "reject", change, show=self._with_journal)

    def _with_journal(self, row: Break) -> str:
        return f"{row}: {self.proposed(row)}"


def _proposing(account: str, words: str) -> Callable[..., HttpResponse | None]:
    """Return the action that proposes journals against one account."""

    def show(row: Break) -> str:
        try:
            return f"{row}: {services.proposed_journal(row, account)}"
        except DomainError as refusal:
            return f"{row}: {refusal.message}"

    def change(actor: Any, row: Break, reason: str) -> None:
        services.propose(actor=actor, break_id=str(row.public_id), counter_account=account, reason=reason)

    @admin.action(description=f"Propose a journal against {words}", permissions=["act"])
    def action(page: BreakAdmin, request: HttpRequest, queryset: QuerySet[Break]) -> HttpResponse | None:
        warning = "Nothing is posted before a colleague has looked at it."
        return with_reason(page, request, queryset, "propose", change, show=show, warning=warning)

    return action


for _account, _words in COUNTER_ACCOUNTS.items():
    setattr(BreakAdmin, f"propose_{_account}", _proposing(_account, _words))


class TotalInline(RowsInline):
    """A run's sums."""

    model = RunTotal
    ordering = ("currency",)
    fields = tuple(
        money_column(field, title)
        for field, title in (
            ("ledger_minor", "Ledger"),
            ("gateway_minor", "Gateway"),
            ("in_flight_minor", "In flight"),
            ("breaks_minor", "Breaks"),
            ("unexplained_minor", "Unexplained"),
            ("fees_booked_minor", "Fees booked"),
            ("fees_expected_minor", "Fees expected"),
        )
    )


class ItemInline(RowsInline):
    """What differed in a run, movement by movement."""

    model = RunItem
    ordering = ("id",)
    fields = ("kind", "match_id", "break_class", DIFFERENCE)


@admin.register(Run)
class RunAdmin(ReconciliationAdmin):
    """Comparisons, newest first."""

    list_display = (
        "started_at", "status", "new_entries", "in_flight", "breaks_new", "breaks_resolved", "breaks_open",
        "started_by", "failure",
    )  # fmt: skip
    list_filter = ("status",)
    list_select_related = ("started_by",)
    ordering = ("-id",)
    fields = (
        "public_id", "status", "started_at", "finished_at", "started_by", "until", "mirrored_until", "new_entries",
        "payouts_posted", "in_flight", "breaks_new", "breaks_resolved", "breaks_open", "gateway_stood_still", "failure",
    )  # fmt: skip
    inlines = (TotalInline, ItemInline)
    actions = ("reconcile_now",)

    @admin.action(description="Reconcile now, with a reason", permissions=["act"])
    def reconcile_now(self, request: HttpRequest, queryset: QuerySet[Run]) -> HttpResponse | None:
        """Ask a worker for a run, whichever row was chosen."""

        def change(actor: Any, _row: Run, reason: str) -> None:
            services.want_run(actor=actor, reason=reason)

        return with_reason(self, request, queryset[:1], "reconcile", change, show=lambda row: f"After {row}")


@admin.register(GatewayEntry)
class GatewayEntryAdmin(ReconciliationAdmin):
    """Our balance at the gateway, line by line."""

    list_display = (
        "gateway_id", "type", "source_id", money_column("amount_minor", "Amount"), money_column("fee_minor", "Fee"),
        money_column("net_minor", "Net"), "created_at", "available_at",
    )  # fmt: skip
    list_filter = ("kind", "currency")
    search_fields = ("=gateway_id", "=source_id")
    search_help_text = "A whole id of the gateway"
    ordering = ("-id",)


def _side(minor: int | None, currency: str) -> str:
    return "nothing" if minor is None else str(Money(minor, currency))
