"""Statements in the console, and the year of every payee for tax forms."""

import csv
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from apps.accounts.console import StaffAdmin
from apps.common import audit
from apps.common.admin import RowsInline
from apps.common.clock import business_now
from apps.common.console_columns import money_column
from apps.common.tables import plain_cell
from apps.statements import selectors
from apps.statements.models import Statement, StatementLine
from apps.statements.paper import plain

AMOUNTS = (
    money_column("gross_minor", "Gross"),
    money_column("fees_minor", "Our fees"),
    money_column("settled_minor", "Kept"),
    money_column("paid_minor", "Paid"),
)
HEADER = ("payee", "name", "currency", "month", "stays", "gross", "fees", "kept", "paid")


class LineInline(RowsInline):
    """What the statement lists."""

    model = StatementLine
    fields = ("happened_at", "kind", "reference", "gross_minor", "fees_minor", "settled_minor", "paid_minor")
    ordering = ("happened_at", "id")


class _Echo:
    """A file that gives back what is written to it, for a streamed CSV."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


@admin.register(Statement)
class StatementAdmin(StaffAdmin):
    """Closed months of all sitters; Finance downloads a year of everybody for tax forms."""

    seen_by: ClassVar[tuple[str, ...]] = ("Finance",)
    list_display = ("number", "user", "first", "last", "stays", *AMOUNTS, "issued_at")
    list_select_related = ("user",)
    search_fields = ("=number", "=user__email")
    search_help_text = "A statement's number or a sitter's address"
    ordering = ("-id",)
    readonly_fields = AMOUNTS
    fields = ("number", "user", "currency", "first", "last", "timezone", "stays", *AMOUNTS, "issued_at")
    inlines = (LineInline,)
    actions = ("year_of_everybody",)

    def get_urls(self) -> list[URLPattern]:
        """Add the download of a year."""
        view = self.admin_site.admin_view(self.year_page)
        return [path("year/<int:year>.csv", view, name="statements_year"), *super().get_urls()]

    @admin.action(description="Download the year of everybody (tax forms)", permissions=["view"])
    def year_of_everybody(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """Download the year of the chosen statement."""
        chosen = queryset.first()
        year = chosen.first.year if chosen else business_now().year
        return HttpResponseRedirect(reverse("admin:statements_year", args=[year]))

    def year_page(self, request: HttpRequest, year: int) -> HttpResponse | StreamingHttpResponse:
        """Stream every payee's months as CSV; who downloaded it is in the audit."""
        if not self.has_view_permission(request):
            return HttpResponse("Only Finance sees what everybody earned.", status=403, content_type="text/plain")
        if not selectors.FIRST_YEAR <= year <= business_now().year:
            return HttpResponse("There are no figures of this year.", status=404, content_type="text/plain")
        audit.record(request.user, "statements.download_year", f"year:{year}")
        headers = {"Content-Disposition": f'attachment; filename="payees-{year}.csv"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(_rows(year), content_type="text/csv; charset=utf-8", headers=headers)


def _rows(year: int) -> Iterator[str]:
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield writer.writerow(HEADER)
    for user, found in selectors.every_payees_year(year):
        for number, month in enumerate(found.months, 1):
            if month.stays or month.gross or month.paid:
                amounts = plain(month.gross, month.fees, month.settled, month.paid)
                row = (user.public_id, plain_cell(user.full_name), found.currency, number, month.stays, *amounts)
                yield writer.writerow(row)
