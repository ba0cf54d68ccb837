"""Pets in the console: to look at."""

from django.contrib import admin

from apps.accounts.console import StaffAdmin
from apps.pets.models import Pet


@admin.register(Pet)
class PetAdmin(StaffAdmin):
    """All pets, newest first; Finance has no need to look."""

    seen_by = ("Operations", "Support", "Trust & Safety")
    list_display = ("name", "species", "breed", "owner", "created_at", "archived_at")
    list_filter = ("species",)
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email")
    ordering = ("-id",)
