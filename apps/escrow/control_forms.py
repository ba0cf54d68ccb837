"""The forms with which staff stops payouts and changes policies."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.accounts import selectors as accounts
from apps.common.admin import ConsoleAdmin
from apps.common.errors import DomainError, InvalidInput
from apps.common.names import id_called
from apps.escrow.freezing import FreezeScope, FreezeTarget


class ReasonForm(forms.Form):
    """What every decision is asked: why."""

    reason = forms.CharField(
        label="Why? It stays in the record.", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )


class FreezeForm(ReasonForm):
    """What to freeze, and for how long."""

    scope = forms.ChoiceField(choices=FreezeScope.choices, widget=UnfoldAdminSelectWidget())
    booking = forms.CharField(
        required=False, label="Booking (reference or id)", widget=UnfoldAdminTextInputWidget(), max_length=64
    )
    sitter = forms.EmailField(required=False, label="Sitter's address", widget=UnfoldAdminTextInputWidget())
    hours = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=24 * 90,
        label="Hours until it expires (empty: until it is lifted)",
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    field_order = ("scope", "booking", "sitter", "hours", "reason")

    def target(self) -> FreezeTarget:
        """Return what the form names. Raises: InvalidInput naming the field."""
        scope = FreezeScope(self.cleaned_data["scope"])
        if scope == FreezeScope.EVERYTHING:
            return FreezeTarget(scope)
        if scope == FreezeScope.BOOKING:
            named = self.cleaned_data["booking"].strip()
            if not named:
                raise InvalidInput.field("booking", "Name the booking.")
            return FreezeTarget(scope, booking_id=id_called("booking", named) or named)
        user = accounts.find_by_email(self.cleaned_data["sitter"])
        if user is None:
            raise InvalidInput.field("sitter", "Nobody has this address.")
        return FreezeTarget(scope, payee_user_id=user.pk)

    def expires_in(self) -> timedelta | None:
        """Return how long the freeze stands; None until it is lifted."""
        hours = self.cleaned_data["hours"]
        return timedelta(hours=hours) if hours else None


class HoldPolicyForm(ReasonForm):
    """How long payouts wait after a stay."""

    hold_hours = forms.IntegerField(
        initial=24, label="Hours after a stay", widget=UnfoldAdminIntegerFieldWidget(), min_value=24, max_value=720
    )
    first_stays = forms.IntegerField(
        initial=0,
        label="How many of a sitter's stays count as first (0: none)",
        widget=UnfoldAdminIntegerFieldWidget(),
        min_value=0,
        max_value=50,
    )
    first_stays_hours = forms.IntegerField(
        initial=0,
        label="Hours after a first stay (0 without first stays)",
        widget=UnfoldAdminIntegerFieldWidget(),
        min_value=0,
        max_value=720,
    )
    starts_in = forms.IntegerField(
        initial=0,
        label="Holds in how many hours (0: now)",
        widget=UnfoldAdminIntegerFieldWidget(),
        min_value=0,
        max_value=24 * 365,
    )
    field_order = ("hold_hours", "first_stays", "first_stays_hours", "starts_in", "reason")


class FreezeLimitForm(ReasonForm):
    """From which sum a freeze takes two people."""

    currency = forms.RegexField(r"^[A-Z]{3}$", label="Currency, such as USD", widget=UnfoldAdminTextInputWidget())
    limit_minor = forms.IntegerField(
        label="Limit in minor units (1000000 is 10,000.00)", min_value=0, widget=UnfoldAdminIntegerFieldWidget()
    )
    field_order = ("currency", "limit_minor", "reason")


def decide(
    page: ConsoleAdmin,
    request: HttpRequest,
    form: ReasonForm,
    title: str,
    submit: Callable[[Any], str],
    *,
    preview: Callable[[Any], dict[str, Any]] | None = None,
) -> HttpResponse:
    """Show a form; on its decision call `submit(form)`, tell what it returns, and go back to the list.

    With `preview`, the first answer is what it returns, and only a second click decides. A refusal is told
    at its field.
    """
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            if preview is None or "decide" in request.POST:
                page.message_user(request, submit(form), messages.SUCCESS)
                return redirect(_list_of(page))
            context = preview(form)
        except DomainError as refusal:
            _tell(form, refusal)
    context |= page.admin_site.each_context(request)
    context |= {
        "form": form,
        "title": title,
        "opts": page.opts,
        "back": _list_of(page),
        "asks_first": preview is not None,
    }
    return TemplateResponse(request, "admin/escrow/decide.html", context)


def _tell(form: ReasonForm, refusal: DomainError) -> None:
    fields = {name: problems for name, problems in refusal.details.items() if name in form.fields}
    for name, problems in fields.items():
        for problem in problems:
            form.add_error(name, str(problem))
    if not fields:
        form.add_error(None, refusal.message)


def _list_of(page: ConsoleAdmin) -> str:
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
