"""Pets in the console: to look at."""

from django.contrib import admin

from apps.common.admin import ConsoleAdmin
from apps.pets.models import Pet


@admin.register(Pet)
class PetAdmin(ConsoleAdmin):
    """All pets, newest first."""

    list_display = ("name", "species", "breed", "owner", "created_at", "archived_at")
    list_filter = ("species",)
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email")
    ordering = ("-id",)
