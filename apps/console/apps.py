"""The ops console: Django's admin with our site, theme and pages."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ConsoleAdminConfig(admin_apps.AdminConfig):
    """Django's admin, whose default site is ours."""

    default = False
    default_site = "apps.console.site.PetWashAdminSite"


class ConsoleConfig(AppConfig):
    name = "apps.console"
    label = "console"
