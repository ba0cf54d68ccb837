"""The ledger in the console: to look at, never to touch."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts.console import StaffAdmin
from apps.common.admin import RowsInline
from apps.common.money import Money
from apps.ledger.models import Account, Balance, Entry, Journal


class LedgerAdmin(StaffAdmin):
    """The books are Finance's."""

    seen_by = ("Finance",)


class EntryInline(RowsInline):
    """A journal's legs."""

    model = Entry
    fields = ("account", "debit", "credit")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """Return the legs with their accounts, in one query."""
        entries: QuerySet[Entry] = super().get_queryset(request).select_related("account")
        return entries

    @admin.display(description="Debit")
    def debit(self, entry: Entry) -> str:
        """What went in on the left."""
        return str(Money(entry.amount_minor, entry.currency)) if entry.amount_minor > 0 else ""

    @admin.display(description="Credit")
    def credit(self, entry: Entry) -> str:
        """What went in on the right."""
        return str(Money(-entry.amount_minor, entry.currency)) if entry.amount_minor < 0 else ""


@admin.register(Journal)
class JournalAdmin(LedgerAdmin):
    """Journals, newest first."""

    list_display = ("id", "kind", "currency", "effective_at", "recorded_at", "idempotency_key", "reverses")
    list_filter = ("kind", "currency")
    search_fields = ("idempotency_key",)
    search_help_text = "Any part of the key: a booking's, a wash's or a payment's id"
    list_select_related = ("reverses",)
    ordering = ("-id",)
    inlines = (EntryInline,)


@admin.register(Entry)
class EntryAdmin(LedgerAdmin):
    """Entries, newest first."""

    list_display = ("id", "journal", "account", "amount", "effective_at")
    list_filter = ("account__kind", "currency")
    search_fields = ("account__owner",)
    list_select_related = ("account", "journal")
    ordering = ("-id",)

    @admin.display(description="Amount (debit positive)")
    def amount(self, entry: Entry) -> Money:
        """The signed amount."""
        return Money(entry.amount_minor, entry.currency)


@admin.register(Account)
class AccountAdmin(LedgerAdmin):
    """The chart as it is used."""

    list_display = ("id", "kind", "owner", "currency", "guarded", "opened_at")
    list_filter = ("kind", "guarded")
    search_fields = ("owner",)
    ordering = ("-id",)


@admin.register(Balance)
class BalanceAdmin(LedgerAdmin):
    """What is held, by account."""

    list_display = ("account", "balance")
    search_fields = ("account__owner",)
    list_select_related = ("account",)
    ordering = ("-account_id",)

    @admin.display(description="Balance")
    def balance(self, row: Balance) -> Money:
        """The natural balance."""
        return Money(row.balance_minor, row.currency)
