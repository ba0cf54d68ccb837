"""Only for `make lint`: the development settings and the migration linter's command."""

from petwash.settings.dev import *  # noqa: F403 - an overlay takes everything of its base
from petwash.settings.dev import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]
# The linter warns of unique constraints, because processes of the release before may write what they refuse. Not so:
MIGRATION_LINTER_OPTIONS = {
    "ignore_name": [
        "0005_parts_are_bounded",  # escrow: each stands for a stricter one that the release before has
        "0003_reversals_and_disputes",  # payments: on a column that the release before does not know and leaves empty
        "0007_levels_visits_and_limits",  # stations: a component of an alert only gets longer
    ]
}
