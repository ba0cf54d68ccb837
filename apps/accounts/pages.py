"""The two pages that mails link to. A GET changes nothing: mail scanners follow links, too."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from apps.accounts.api.serializers import LONGEST_PASSWORD, LONGEST_TOKEN
from apps.accounts.services import passwords, registration
from apps.common.errors import DomainError


class TokenForm(forms.Form):
    """The token of the link."""

    token = forms.CharField(max_length=LONGEST_TOKEN, widget=forms.HiddenInput)


class NewPasswordForm(TokenForm):
    """The token of the link and the new password."""

    password = forms.CharField(
        label="New password",
        max_length=LONGEST_PASSWORD,
        strip=False,
        help_text="Ten characters or more, not a common one.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )


@method_decorator(never_cache, name="dispatch")
class MailedPage(FormView):  # type: ignore[type-arg]  # takes no parameters at run time
    """A form that spends the token of a link."""

    template_name = "accounts/mailed_page.html"
    title: str
    button: str
    done: str

    def get_initial(self) -> dict[str, Any]:
        """Take the token from the link."""
        return {"token": self.request.GET.get("token", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the page's words."""
        return super().get_context_data(title=self.title, button=self.button, **kwargs)

    def form_valid(self, form: TokenForm) -> HttpResponse:
        """Spend the token, or say why it cannot be."""
        try:
            self.spend(form.cleaned_data)
        except DomainError as refusal:
            for sentence in _sentences(refusal):
                form.add_error(None, sentence)
            return self.render_to_response(self.get_context_data(form=form), status=refusal.status)
        return self.render_to_response(self.get_context_data(done=self.done))

    def form_invalid(self, form: TokenForm) -> HttpResponse:
        """Say what is missing."""
        return self.render_to_response(self.get_context_data(form=form), status=400)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer without telling the next site where the visitor comes from: the link is a secret."""
        response = super().dispatch(request, *args, **kwargs)
        # Not no-referrer: browsers then send `Origin: null`, which the check against forged forms refuses.
        response["Referrer-Policy"] = "same-origin"
        return response

    def spend(self, data: dict[str, Any]) -> None:
        """Call the service. Raises: DomainError."""
        raise TypeError("A concrete page says what its token does.")


class VerifyAddressPage(MailedPage):
    """/account/verify-email."""

    form_class = TokenForm
    title = "Confirm your e-mail address"
    button = "Confirm"
    done = "Thank you: your address is confirmed. You can close this page."

    def spend(self, data: dict[str, Any]) -> None:
        """Verify the address."""
        registration.verify_address(token=data["token"])


class ResetPasswordPage(MailedPage):
    """/account/reset-password."""

    form_class = NewPasswordForm
    title = "Choose a new password"
    button = "Set the password"
    done = "Your password is set and every device was signed out. Sign in with the new one."

    def spend(self, data: dict[str, Any]) -> None:
        """Reset the password."""
        passwords.reset(token=data["token"], password=data["password"])


def _sentences(refusal: DomainError) -> list[str]:
    if refusal.code != "validation_error":
        return [refusal.message]
    return [sentence for field in refusal.details.values() for sentence in field]
