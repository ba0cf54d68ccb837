"""Actions of the console that ask why before they change anything."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.common.admin import ConsoleAdmin
from apps.common.errors import DomainError

A_LINE = range(1, 201)


def with_reason(
    page: ConsoleAdmin,
    request: HttpRequest,
    chosen: Iterable[Any],
    verb: str,
    change: Callable[[Any, Any, str], object],
    *,
    show: Callable[[Any], str] = str,
    warning: str = "",
    length: range = A_LINE,
) -> HttpResponse | None:
    """Ask for a reason first, then `change(actor, row, reason)` each chosen row, a use case of its own.

    A refusal is told, and the other rows are still done. `show` names a row for people; `length` is how many
    characters the use case takes for a reason.
    """
    rows = list(chosen)
    reason = request.POST.get("reason", "").strip()
    if len(reason) not in length:
        if reason:
            page.message_user(request, f"The reason needs {length[0]} to {length[-1]} characters.", messages.ERROR)
        question = {"rows": [(row.pk, show(row)) for row in rows], "warning": warning, "length": length}
        return _ask(page, request, verb, question)
    done = 0
    for row in rows:
        try:
            change(request.user, row, reason)
            done += 1
        except DomainError as refusal:
            page.message_user(request, f"{show(row)}: {refusal.message}", messages.ERROR)
    if done:
        page.message_user(request, f"{done} done: {verb}.", messages.SUCCESS)
    return None


def _ask(page: ConsoleAdmin, request: HttpRequest, verb: str, question: dict[str, Any]) -> HttpResponse:
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        **question,
        "title": f"{verb.capitalize()}: {len(question['rows'])} chosen",
        "action": request.POST.get("action", ""),
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
        "opts": page.opts,
        "back": reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist"),
    }
    return TemplateResponse(request, "admin/reason.html", context)
