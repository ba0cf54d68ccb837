"""People in the console: looked at by groups, suspended and reactivated with a reason."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.accounts import selectors
from apps.accounts.console import StaffAdmin
from apps.accounts.models import User
from apps.accounts.services import moderation, staffing
from apps.common.console_actions import with_choices, with_reason

MODERATE = ("Trust & Safety",)


# What a group may do is written in the apps; a page that renames or deletes groups could only break it.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(StaffAdmin):
    """Owners, sitters and staff, without their secrets; Finance has no need to look."""

    seen_by = ("Operations", "Trust & Safety", "Support")
    list_display = ("email", "full_name", "role", "status", "two_factor_enabled", "created_at")
    list_filter = ("role", "status", "two_factor_enabled")
    search_fields = ("email__istartswith", "full_name__istartswith")
    search_help_text = "The beginning of an address or a name"
    ordering = ("-id",)
    fields = (
        "public_id",
        "email",
        "full_name",
        "phone",
        "role",
        "status",
        "two_factor_enabled",
        "email_verified_at",
        "is_staff",
        "groups",
        "created_at",
        "last_login",
    )
    actions = ("suspend", "reactivate", "set_groups")

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Trust & Safety keeps people out and lets them in."""
        return selectors.belongs_to(request.user, *MODERATE)

    @admin.action(description="Suspend, with a reason", permissions=["moderate"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Suspend the chosen people; their sessions end."""

        def change(actor: User, person: User, reason: str) -> None:
            moderation.suspend(actor=actor, user=person, reason=reason)

        return with_reason(self, request, queryset, "suspend", change, show=_address)

    @admin.action(description="Reactivate, with a reason", permissions=["moderate"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Let the chosen people back in."""

        def change(actor: User, person: User, reason: str) -> None:
            moderation.reactivate(actor=actor, user=person, reason=reason)

        return with_reason(self, request, queryset, "reactivate", change, show=_address)

    def has_staff_permission(self, request: HttpRequest) -> bool:
        """Administrators alone decide who belongs to the staff."""
        return bool(request.user.is_active and request.user.is_superuser)

    @admin.action(description="Set the groups of staff, with a reason", permissions=["staff"])
    def set_groups(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Put the chosen member of staff into exactly the ticked groups."""

        def change(actor: User, person: User, reason: str, groups: list[str], was: list[str]) -> None:
            staffing.set_groups(actor=actor, user=person, groups=groups, reason=reason, was=was)

        return with_choices(
            self,
            request,
            queryset,
            "set the groups",
            change,
            choices=staffing.group_names(),
            now=lambda person: set(person.groups.values_list("name", flat=True)),
            warning="Without a tick the person is staff no more.",
        )


def _address(person: User) -> str:
    return person.email
