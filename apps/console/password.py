"""Changing one's own password in the console, by the same service as the API's."""

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AdminOwnPasswordChangeForm

from apps.accounts.services import passwords
from apps.common.errors import DomainError


class PasswordForm(AdminOwnPasswordChangeForm):
    """Hands the change to accounts: guesses are limited, other sessions end, an audit row is left."""

    def clean_old_password(self) -> str:
        """Leave the judging to the service, which counts guesses."""
        return str(self.cleaned_data["old_password"])

    def clean(self) -> dict[str, Any]:
        """Change the password once everything else is right.

        Raises: ValidationError with the service's sentence.
        """
        cleaned: dict[str, Any] = super().clean()
        if self.errors:
            return cleaned
        try:
            passwords.change(
                actor=self.user,
                current=cleaned["old_password"],
                new=cleaned["new_password1"],
                session_id=None,
            )
        except DomainError as refusal:
            raise ValidationError({"old_password": refusal.message}) from refusal
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Read back what the service stored, so that this session stays signed in."""
        self.user.refresh_from_db()
        return self.user
