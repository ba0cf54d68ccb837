"""Routes of the accounts app, mounted under /api/v1/."""

from django.urls import path

from apps.accounts.api import registration, second_factor, sessions, users

urlpatterns = [
    path("auth/register", registration.RegisterView.as_view()),
    path("auth/email/verify", registration.VerifyAddressView.as_view()),
    path("auth/email/resend", registration.ResendView.as_view()),
    path("auth/password/forgot", registration.ForgotView.as_view()),
    path("auth/password/reset", registration.ResetView.as_view()),
    path("auth/login", sessions.LoginView.as_view()),
    path("auth/2fa/verify", sessions.ChallengeView.as_view()),
    path("auth/2fa/setup", second_factor.SetUpView.as_view()),
    path("auth/2fa/confirm", second_factor.ConfirmView.as_view()),
    path("auth/2fa/disable", second_factor.DisableView.as_view()),
    path("auth/refresh", sessions.RefreshView.as_view()),
    path("auth/logout", sessions.LogoutView.as_view()),
    path("users/me", users.MeView.as_view()),
    path("users/me/password", users.PasswordView.as_view()),
    path("users/me/export", users.ExportView.as_view()),
]
