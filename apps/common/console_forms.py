"""Forms of the console: asked on a page of their own, sent to one use case, refused beside their fields."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common.admin import ConsoleAdmin
from apps.common.errors import DomainError


def reason_field(label: str = "Why?") -> forms.CharField:
    """Ask why."""
    return forms.CharField(max_length=200, widget=forms.Textarea(attrs={"rows": 2}), label=label)


def moment_field(label: str) -> forms.SplitDateTimeField:
    """Ask for a day and a time, in UTC; a browser offers both."""
    day_and_time = forms.SplitDateTimeWidget(date_attrs={"type": "date"}, time_attrs={"type": "time"})
    return forms.SplitDateTimeField(label=label, widget=day_and_time)


class FileInput(forms.FileInput):
    """Choose a file.

    The console's theme writes the name of a chosen file into the first text field three levels above, and breaks where
    there is none: so there is one that nobody sees.
    """

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Draw the field inside what the theme looks for."""
        field = super().render(name, value, attrs, renderer)
        return format_html('<div><div hidden><input type="text" disabled></div><div><div>{}</div></div></div>', field)


class ConsoleForm(forms.Form):
    """A form that can show what a service refused; `note` is read before it is filled in."""

    note = ""

    def groups(self) -> Iterator[tuple[str, list[BoundField]]]:
        """Yield the fields as they stand together, each group with its name; unnamed ones one below the other."""
        yield "", self.visible_fields()

    def show(self, refusal: DomainError) -> None:
        """Put a refusal where it belongs: beside the fields that it names, else above them all."""
        for name, said in refusal.details.items():
            if name in self.fields:
                self.add_error(name, said)
            elif isinstance(said, list):
                self.add_error(None, f"{name}: {' '.join(map(str, said))}")
        if not self.errors:
            self.add_error(None, refusal.message)


def ask(
    page: ConsoleAdmin,
    request: HttpRequest,
    form: ConsoleForm,
    title: str,
    submit: Callable[[], str],
    *,
    button: str = "",
    preview: Callable[[], dict[str, Any]] | None = None,
    preview_template: str = "",
    back: str = "",
) -> HttpResponse:
    """Show a form; once it is filled in call `submit()`, tell what it returns and go `back` (the page's list).

    With `preview`, the first answer is what it returns, drawn by its template, and only a second click submits.
    """
    back = back or reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    seen: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            if preview is None or "decide" in request.POST:
                page.message_user(request, submit(), messages.SUCCESS)
                return redirect(back)
            seen = preview()
        except DomainError as refusal:
            form.show(refusal)
    context = {
        **page.admin_site.each_context(request),
        **seen,
        "form": form,
        "title": title,
        "button": button or title,
        "opts": page.opts,
        "back": back,
        "asks_first": preview is not None,
        "preview_template": preview_template if seen else "",
    }
    return TemplateResponse(request, "admin/form.html", context)
