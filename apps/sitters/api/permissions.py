"""Who may knock at the sitter's own pages."""

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from apps.sitters.selectors.own import require_sitter


class SitterAccount(IsAuthenticated):
    """A signed-in person who registered as a sitter; asked before the body is read."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises: Forbidden `sitter_role_required`."""
        if not super().has_permission(request, view):
            return False
        require_sitter(request.user)
        return True
