"""The console's login: address, password and code on one page, in one request."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django_otp.forms import OTPAuthenticationFormMixin
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.accounts import recovery
from apps.accounts.models import RecoveryDevice, TOTPDevice, User


class LoginForm(OTPAuthenticationFormMixin, AuthenticationForm):
    """Password and second factor together; nothing of the password is ever sent back.

    The device follows from the code's form: six digits are an authenticator's, else a recovery code.
    """

    otp_device = forms.CharField(required=False, widget=forms.HiddenInput)
    otp_challenge = forms.CharField(required=False, widget=forms.HiddenInput)
    otp_token = forms.CharField(
        label="Code",
        max_length=32,
        strip=True,
        help_text="Six digits from your authenticator, or one of your recovery codes.",
        error_messages={"required": "Enter the code from your authenticator."},
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )
    otp_error_messages: ClassVar[dict[str, Any]] = {
        **OTPAuthenticationFormMixin.otp_error_messages,
        "token_required": "Enter the code from your authenticator.",
        "invalid_token": "This code is wrong, too old or already used. Wait for the next one.",
        "device_required": "This account has no such second factor. An administrator can enrol one.",
    }

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["username"].widget.attrs["autocomplete"] = "username"

    def clean(self) -> dict[str, Any]:
        """Judge the password, then the code.

        Raises: ValidationError with a sentence for the person.
        """
        try:
            super().clean()
        except ValidationError as error:
            raise self._locked_or(error) from error
        if self.cleaned_data.get("otp_token"):
            self.clean_otp(self.get_user())
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned

    def _locked_or(self, error: ValidationError) -> ValidationError:
        wait = getattr(self.request, "locked_for_seconds", None)
        if wait is None:
            return error
        return ValidationError(f"Too many attempts. Wait {wait} seconds, then try again.", code="locked")

    def _chosen_device(self, user: User) -> TOTPDevice | RecoveryDevice | None:
        device: TOTPDevice | RecoveryDevice | None
        if recovery.looks_like_code(self.cleaned_data.get("otp_token", "")):
            device = RecoveryDevice.objects.filter(user=user, confirmed=True).first()
        else:
            device = TOTPDevice.objects.filter(user=user, confirmed=True).first()
        return device

    def _update_form(self, user: User) -> None:
        """The stock form lists devices and writes the password back into the page; ours does not."""
