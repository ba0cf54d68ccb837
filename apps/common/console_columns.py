"""Columns of the console that say what a person reads: money with its currency, names instead of ids."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.views import ChangeList

from apps.common.money import Money
from apps.common.names import names_of


def money_column(field: str, title: str) -> Callable[[Any], str]:
    """Return a column that shows the minor units of `field` as money of the row's currency."""

    @admin.display(description=title)
    def shown(row: Any) -> str:
        return str(Money(getattr(row, field), row.currency))

    shown.__name__ = f"{field}_money"
    return shown


def name_column(field: str, kind: str, title: str) -> Callable[[Any], str | None]:
    """Return a column that shows what `kind` calls the id in `field`, or the id itself.

    A list whose `named` has the field finds the names of a page at once: see `NamingChangeList`.
    """

    @admin.display(description=title)
    def shown(row: Any) -> str | None:
        key = getattr(row, field)
        if key is None:
            return None
        names = row.__dict__.get("_names") or {kind: names_of(kind, [str(key)])}
        return str(names[kind].get(str(key), key))

    shown.__name__ = f"{field}_name"
    return shown


class NamingChangeList(ChangeList):
    """A page of rows whose foreign names are found in one query a kind."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """Find the page's rows, then the names of what they point to."""
        super().get_results(request)
        named: dict[str, str] = self.model_admin.named
        if not named:
            return
        rows = list(self.result_list)
        names = {
            kind: names_of(kind, {str(getattr(row, field)) for row in rows} - {"None"}) for field, kind in named.items()
        }
        for row in rows:
            row._names = names
        self.result_list = rows
