"""What the lists of stations have in common: who looks, who acts, what is downloaded."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.accounts import selectors as accounts
from apps.accounts.console import StaffAdmin
from apps.common.console_actions import with_reason

LOOK, ACT = ("Operations", "Support"), ("Operations",)
Change = Callable[..., Any]


class StationsAdmin(StaffAdmin):
    """Base of this app's lists: Operations run the stations, Support answers customers."""

    seen_by = LOOK

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Operations answer for washes and alerts."""
        return accounts.belongs_to(request.user, *ACT)

    def by_id(
        self, request: HttpRequest, chosen: QuerySet[Any], verb: str, change: Change, *, warning: str = ""
    ) -> HttpResponse | None:
        """Ask for a reason, then call the service with the id of each chosen row."""

        def act(actor: Any, row: Any, reason: str) -> None:
            change(actor, str(row.public_id), reason=reason)

        return with_reason(self, request, chosen, verb, act, warning=warning)


def download(content: bytes | str, kind: str, name: str) -> HttpResponse:
    """Answer a file that is nobody else's."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)
