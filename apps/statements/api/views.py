"""Statements and year totals of a sitter, receipts of an owner: as JSON, PDF and CSV."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.common.api.schema import operation
from apps.common.api.views import ApiView, FileView, PagedView
from apps.common.errors import InvalidInput
from apps.statements import paper, selectors
from apps.statements.api import rendering
from apps.statements.api.serializers import (
    OpenSheetsSerializer,
    ReceiptSerializer,
    SheetSerializer,
    StatementSerializer,
    YearsSerializer,
)

TAGS = ("statements",)
OWN = "anyone signed in; the own statements"
CURRENCY = OpenApiParameter(
    "currency", OpenApiTypes.STR, description="One of the year's currencies; needed if there are several."
)


def _who(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


class StatementsView(PagedView):
    """GET /sitter/statements."""

    pagination_ordering = ("-end_at", "-id")

    @operation(
        summary="List the closed months",
        responses={200: StatementSerializer(many=True)},
        role=OWN,
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """Answer a page, newest first."""
        return self.page(selectors.statements_of(_who(request)), rendering.render_statement)


class OpenStatementView(ApiView):
    """GET /sitter/statements/open."""

    @operation(
        summary="Show the month that is still open",
        description="What was paid since the last closed month; it may still grow.",
        responses={200: OpenSheetsSerializer},
        role=OWN,
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """Answer what there is so far."""
        sheets = selectors.open_sheets(_who(request))
        return Response({"statements": [rendering.render_sheet(sheet) for sheet in sheets]})


class StatementView(ApiView):
    """GET /sitter/statements/{id}."""

    @operation(
        summary="Show a closed month with its lines",
        responses={200: SheetSerializer},
        errors=["not_found:404"],
        role=OWN,
        tags=TAGS,
    )
    def get(self, request: Request, statement_id: str) -> Response:
        """Answer the statement."""
        return Response(rendering.render_sheet(selectors.access_statement(_who(request), statement_id)))


class StatementPdfView(FileView):
    """GET /sitter/statements/{id}/pdf."""

    media_type = "application/pdf"

    @operation(
        summary="Download a closed month as PDF",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
        errors=["not_found:404"],
        role=OWN,
        tags=TAGS,
    )
    def get(self, request: Request, statement_id: str) -> HttpResponse:
        """Answer the PDF."""
        sheet = selectors.access_statement(_who(request), statement_id)
        return self.file(paper.statement_pdf(sheet, selectors.issuer()), f"statement-{sheet.number}.pdf")


class StatementCsvView(FileView):
    """GET /sitter/statements/{id}/csv."""

    media_type = "text/csv"

    @operation(
        summary="Download a closed month as CSV",
        responses={(200, "text/csv"): OpenApiTypes.STR},
        errors=["not_found:404"],
        role=OWN,
        tags=TAGS,
    )
    def get(self, request: Request, statement_id: str) -> HttpResponse:
        """Answer the CSV."""
        sheet = selectors.access_statement(_who(request), statement_id)
        return self.file(paper.statement_csv(sheet).encode(), f"statement-{sheet.number}.csv")


class YearView(ApiView):
    """GET /sitter/earnings/{year}."""

    @operation(
        summary="Show a calendar year for tax forms",
        description="Gross, our fees and what was paid, by month and quarter of the sitter's place.",
        responses={200: YearsSerializer},
        errors=["validation_error:400"],
        role=OWN,
        tags=TAGS,
    )
    def get(self, request: Request, year: str) -> Response:
        """Answer the year."""
        years = selectors.year_totals(_who(request), selectors.year_named(year))
        return Response({"years": [rendering.render_year(row) for row in years]})


class _YearFileView(FileView):
    """A year in one currency."""

    def chosen(self, request: Request, year: str) -> Any:
        """Return the year in the wanted currency. Raises: InvalidInput when none, or several, would fit."""
        years = selectors.year_totals(_who(request), selectors.year_named(year))
        wanted = request.query_params.get("currency")
        fitting = [row for row in years if wanted in (None, "", row.currency)]
        if len(fitting) != 1:
            known = ", ".join(row.currency for row in years) or "none: nothing was paid"
            raise InvalidInput.field("currency", f"Choose one of this year's currencies ({known}).")
        return fitting[0]


class YearPdfView(_YearFileView):
    """GET /sitter/earnings/{year}/pdf."""

    media_type = "application/pdf"

    @operation(
        summary="Download a calendar year as PDF",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
        parameters=[CURRENCY],
        role=OWN,
        tags=TAGS,
    )
    def get(self, request: Request, year: str) -> HttpResponse:
        """Answer the PDF."""
        found, who = self.chosen(request, year), _who(request)
        return self.file(paper.year_pdf(found, who.full_name, selectors.issuer()), f"earnings-{year}.pdf")


class YearCsvView(_YearFileView):
    """GET /sitter/earnings/{year}/csv."""

    media_type = "text/csv"

    @operation(
        summary="Download a calendar year as CSV",
        responses={(200, "text/csv"): OpenApiTypes.STR},
        parameters=[CURRENCY],
        role=OWN,
        tags=TAGS,
    )
    def get(self, request: Request, year: str) -> HttpResponse:
        """Answer the CSV."""
        return self.file(paper.year_csv(self.chosen(request, year)).encode(), f"earnings-{year}.csv")


class ReceiptView(ApiView):
    """GET /bookings/{id}/receipt."""

    @operation(
        summary="Show the receipt of a stay",
        responses={200: ReceiptSerializer},
        errors=["only_the_owner:403", "not_found:404", "not_paid:409"],
        role="the owner of the booking",
        tags=TAGS,
    )
    def get(self, request: Request, booking_id: str) -> Response:
        """Answer the receipt."""
        return Response(rendering.render_receipt(selectors.receipt_of(_who(request), booking_id)))


class ReceiptPdfView(FileView):
    """GET /bookings/{id}/receipt/pdf."""

    media_type = "application/pdf"

    @operation(
        summary="Download the receipt of a stay as PDF",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
        errors=["only_the_owner:403", "not_found:404", "not_paid:409"],
        role="the owner of the booking",
        tags=TAGS,
    )
    def get(self, request: Request, booking_id: str) -> HttpResponse:
        """Answer the PDF."""
        receipt = selectors.receipt_of(_who(request), booking_id)
        return self.file(paper.receipt_pdf(receipt, selectors.issuer()), f"receipt-{receipt.reference}.pdf")
