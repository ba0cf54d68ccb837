"""Only for `make lint`: the development settings and the migration linter's command."""

from petwash.settings.dev import *  # noqa: F403 - an overlay takes everything of its base
from petwash.settings.dev import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]
