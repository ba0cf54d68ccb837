"""Routes of statements, mounted under /api/v1/."""

from django.urls import path

from apps.statements.api import views

urlpatterns = [
    path("sitter/statements", views.StatementsView.as_view(), name="sitter-statements"),
    path("sitter/statements/open", views.OpenStatementView.as_view(), name="sitter-statement-open"),
    path("sitter/statements/<str:statement_id>", views.StatementView.as_view(), name="sitter-statement"),
    path("sitter/statements/<str:statement_id>/pdf", views.StatementPdfView.as_view(), name="sitter-statement-pdf"),
    path("sitter/statements/<str:statement_id>/csv", views.StatementCsvView.as_view(), name="sitter-statement-csv"),
    path("sitter/earnings/<str:year>", views.YearView.as_view(), name="sitter-earnings"),
    path("sitter/earnings/<str:year>/pdf", views.YearPdfView.as_view(), name="sitter-earnings-pdf"),
    path("sitter/earnings/<str:year>/csv", views.YearCsvView.as_view(), name="sitter-earnings-csv"),
    path("bookings/<str:booking_id>/receipt", views.ReceiptView.as_view(), name="booking-receipt"),
    path("bookings/<str:booking_id>/receipt/pdf", views.ReceiptPdfView.as_view(), name="booking-receipt-pdf"),
]
