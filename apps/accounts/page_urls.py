"""Routes of the pages that mails link to, mounted under /account/."""

from django.urls import path

from apps.accounts import pages

urlpatterns = [
    path("verify-email", pages.VerifyAddressPage.as_view(), name="verify-email"),
    path("reset-password", pages.ResetPasswordPage.as_view(), name="reset-password"),
]
