"""Routes of the ledger app, mounted under /api/v1/."""

from django.urls import path

from apps.ledger.api.views import TrialBalanceView

urlpatterns = [path("ledger/trial-balance", TrialBalanceView.as_view(), name="ledger-trial-balance")]
