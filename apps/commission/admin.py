"""What PetWash takes: seen by all staff, changed by Finance with a date and a reason."""

from dataclasses import fields
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from apps.accounts import selectors as accounts
from apps.accounts.console import StaffAdmin
from apps.commission import services
from apps.commission.models import CommissionPlan
from apps.commission.types import Cadence, PlanKind, PlanRates
from apps.common.console_forms import ConsoleForm, ask, moment_field, reason_field

_FIELDS_OF = {
    PlanKind.STAY: ("owner_fee_pct", "owner_fee_caps_minor", "sitter_fee_pct"),
    PlanKind.VENDOR: ("vendor_share_pct", "minimums_minor", "cadence"),
}


_RATES = {field.name for field in fields(PlanRates)}


class LimitsField(forms.JSONField):
    """Amounts by currency; what they may be is the service's to say."""

    def clean(self, value: Any) -> Any:
        """Take an object alone. Raises: ValidationError for any other JSON."""
        limits = super().clean(value)
        if not isinstance(limits, dict):
            raise forms.ValidationError('Write it like {"USD": 5000, "EUR": 5000}.')
        return limits


class VersionForm(ConsoleForm):
    """A new version of one plan, filled in with the latest one."""

    note = (
        "Quotes and bookings that exist keep their rates. The version counts from its date on, and cannot be "
        "edited later."
    )
    effective_from = moment_field("In force from (UTC)")
    owner_fee_pct = forms.DecimalField(label="Owner's fee, %", decimal_places=2)
    owner_fee_caps_minor = LimitsField(label="Caps of the owner's fee, minor units by currency")
    sitter_fee_pct = forms.DecimalField(label="Sitter's fee, %", decimal_places=2)
    vendor_share_pct = forms.DecimalField(label="Vendor's share, %", decimal_places=2)
    minimums_minor = LimitsField(label="Least payouts, minor units by currency")
    cadence = forms.ChoiceField(choices=Cadence.choices)
    reason = reason_field()

    def __init__(self, plan: CommissionPlan, data: Any = None) -> None:
        terms = {name: getattr(plan, name) for name in _FIELDS_OF[PlanKind(plan.kind)]}
        super().__init__(data, initial=terms)
        for name in set(self.fields) - set(terms) - {"effective_from", "reason"}:
            del self.fields[name]

    def rates(self) -> PlanRates:
        """Return what was filled in."""
        return PlanRates(**{name: self.cleaned_data[name] for name in self.fields if name in _RATES})


@admin.register(CommissionPlan)
class CommissionPlanAdmin(StaffAdmin):
    """Every version of every plan; the version in force is the latest that has begun."""

    seen_by: ClassVar[tuple[str, ...]] = ("Operations", "Support", "Trust & Safety", "Finance")
    list_display = (
        "code",
        "name",
        "kind",
        "effective_from",
        "owner_fee_pct",
        "sitter_fee_pct",
        "vendor_share_pct",
        "cadence",
    )
    list_filter = ("code",)
    list_select_related = ("actor",)
    ordering = ("code", "-effective_from")
    actions = ("new_version",)

    def has_price_permission(self, request: HttpRequest) -> bool:
        """Finance sets what we take."""
        return accounts.belongs_to(request.user, "Finance")

    def get_urls(self) -> list[URLPattern]:
        """Add the form of a new version."""
        view = self.admin_site.admin_view(self.version_page)
        return [path("<int:pk>/new-version/", view, name="commission_new_version"), *super().get_urls()]

    @admin.action(description="New version of this plan", permissions=["price"])
    def new_version(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Open the form for the chosen plan."""
        chosen = queryset.first()
        return HttpResponseRedirect(reverse("admin:commission_new_version", args=[chosen.pk])) if chosen else None

    def version_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the rates, the date and the reason of a plan's next version."""
        if not self.has_price_permission(request):
            return HttpResponse("Only Finance changes what PetWash takes.", status=403, content_type="text/plain")
        plan = get_object_or_404(CommissionPlan, pk=pk)
        form = VersionForm(plan, request.POST or None)

        def submit() -> str:
            version = services.change_plan(
                actor=request.user,  # type: ignore[arg-type] # admin_view lets staff users in alone
                code=plan.code,
                effective_from=form.cleaned_data["effective_from"],
                rates=form.rates(),
                reason=form.cleaned_data["reason"],
            )
            return f"{version} is recorded."

        return ask(self, request, form, f"New version of {plan.name}", submit)
