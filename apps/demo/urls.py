"""Pages of the demonstration, mounted under /demo/ where it is installed."""

from django.urls import path

from apps.demo import bank

urlpatterns = [path("bank", bank.TestBank.as_view(), name="test-bank")]
