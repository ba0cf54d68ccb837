"""Routes of bookings, mounted under /api/v1/."""

from django.urls import path

from apps.bookings.api.booking_views import (
    BookingListView,
    BookingView,
    CreateView,
    DepositView,
    PriceView,
)
from apps.bookings.api.money_views import MoneyView, PayoutView
from apps.bookings.api.stay_views import (
    AcceptView,
    CancelView,
    CompleteView,
    DeclineView,
    NoShowReportView,
    RefundQuoteView,
    ReportProblemView,
    StartView,
)

_ONE = "bookings/<str:booking_id>"

urlpatterns = [
    path("booking/price", PriceView.as_view(), name="booking-price"),
    path("booking/create", CreateView.as_view(), name="booking-create"),
    path("booking/deposit", DepositView.as_view(), name="booking-deposit"),
    path("bookings", BookingListView.as_view(), name="bookings"),
    path(_ONE, BookingView.as_view(), name="booking"),
    path(f"{_ONE}/accept", AcceptView.as_view(), name="booking-accept"),
    path(f"{_ONE}/decline", DeclineView.as_view(), name="booking-decline"),
    path(f"{_ONE}/start", StartView.as_view(), name="booking-start"),
    path(f"{_ONE}/complete", CompleteView.as_view(), name="booking-complete"),
    path(f"{_ONE}/report-problem", ReportProblemView.as_view(), name="booking-report-problem"),
    path(f"{_ONE}/no-show-report", NoShowReportView.as_view(), name="booking-no-show-report"),
    path(f"{_ONE}/refund-quote", RefundQuoteView.as_view(), name="booking-refund-quote"),
    path(f"{_ONE}/cancel", CancelView.as_view(), name="booking-cancel"),
    path(f"{_ONE}/money", MoneyView.as_view(), name="booking-money"),
    path("sitter/payout", PayoutView.as_view(), name="sitter-payout"),
]
