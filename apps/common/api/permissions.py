"""Who may knock at a view at all; what they may see is decided by selectors."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.common.errors import Forbidden, Unauthenticated


def _signed_in(request: Request) -> Any:
    if not request.user or not request.user.is_authenticated:
        raise Unauthenticated("not_authenticated", "Sign in first: send a bearer token.")
    return request.user


def has_second_factor(request: Request) -> bool:
    """Tell whether this token was given for two factors."""
    claims: Any = request.auth or {}
    return "otp" in (claims.get("amr") or ())


class VerifiedEmail(BasePermission):
    """A signed-in person whose e-mail address is verified."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises: Forbidden `email_not_verified`."""
        if not _signed_in(request).is_verified_address:
            raise Forbidden(
                "email_not_verified",
                "Verify your e-mail address first: follow the link in the mail we sent, or ask for a new one.",
            )
        return True


class StaffWithSecondFactor(BasePermission):
    """A member of staff whose token was given for two factors."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises: Forbidden `staff_only`, `second_factor_required`."""
        user = _signed_in(request)
        if not user.is_staff:
            raise Forbidden("staff_only", "Only staff may do this.")
        if not has_second_factor(request):
            raise Forbidden("second_factor_required", "Sign in with your second factor to do this.")
        return True


def StaffGroup(*groups: str) -> type[BasePermission]:  # noqa: N802 - reads as a permission class where it is used
    """Return a permission for staff of any of the groups (superusers always)."""

    class InGroup(StaffWithSecondFactor):
        def has_permission(self, request: Request, view: Any) -> bool:
            super().has_permission(request, view)
            user = request.user
            if not user.is_superuser and not user.groups.filter(name__in=groups).exists():
                raise Forbidden("forbidden", f"Only {' or '.join(groups)} may do this.")
            return True

    return InGroup
