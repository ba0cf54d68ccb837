"""Console lists that groups of staff look at."""

from typing import Any, ClassVar

from django.http import HttpRequest

from apps.accounts import selectors
from apps.common.admin import ConsoleAdmin


class StaffAdmin(ConsoleAdmin):
    """A list for the groups in `seen_by`; administrators see it, too."""

    seen_by: ClassVar[tuple[str, ...]]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Shown to who may look."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever belongs to one of the groups."""
        return selectors.belongs_to(request.user, *self.seen_by)
