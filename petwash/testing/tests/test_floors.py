"""No foreign key points up or sideways; a linter of imports does not see "bookings.Booking" in a string."""

import configparser
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Field, Model

CONTRACTS = Path(settings.BASE_DIR) / ".importlinter"


def floors() -> dict[str, int]:
    """Return each app's floor, 0 at the bottom, as the import contract has them: one source for both."""
    parser = configparser.ConfigParser()
    parser.read_string(CONTRACTS.read_text())
    lines = parser["importlinter:contract:floors"]["layers"].split("\n")
    rows = [[name.strip() for name in line.split("|")] for line in lines if line.strip()]
    return {name: height for height, row in enumerate(reversed(rows)) for name in row}


FLOORS = floors()


def ours() -> dict[str, str]:
    """Return label -> package of the project's own apps."""
    return {
        config.label: config.name.removeprefix("apps.")
        for config in apps.get_app_configs()
        if config.name.startswith("apps.")
    }


def relations(model: type[Model]) -> Iterator[tuple[Field, type[Model]]]:
    """Yield the model's own foreign keys, one-to-ones and many-to-manys with what they point to."""
    for field in [*model._meta.fields, *model._meta.many_to_many]:
        target = field.related_model
        if isinstance(target, type):
            yield field, target


def may_point(source: str, target: str) -> bool:
    """Tell whether a row of one app may hold the key of another's."""
    return source == target or FLOORS[source] > FLOORS[target]


def test_every_app_has_a_floor():
    assert set(ours().values()) <= set(FLOORS)


def test_no_foreign_key_points_up_or_sideways():
    own = ours()
    wrong = [
        f"{model._meta.label}.{field.name} -> {target._meta.label}"
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in own
        for field, target in relations(model)
        if target._meta.app_label in own
        if not may_point(own[model._meta.app_label], own[target._meta.app_label])
    ]
    assert wrong == []


def test_nothing_below_us_points_to_us_but_to_the_user_model():
    own = ours()
    wrong = [
        f"{model._meta.label}.{field.name} -> {target._meta.label}"
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in own
        for field, target in relations(model)
        if target._meta.app_label in own and target._meta.label != settings.AUTH_USER_MODEL
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("bookings", "escrow", True),
        ("escrow", "payments", True),
        ("escrow", "sitters", False),
        ("ledger", "payments", False),
        ("fraud", "messaging", False),
        ("pets", "pets", True),
    ],
)
def test_the_rule_itself(source, target, allowed):
    assert may_point(source, target) is allowed
