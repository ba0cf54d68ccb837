"""What a person calls a row that another app knows only by its id: apps above register how to name theirs."""

from collections.abc import Callable, Collection

Namer = Callable[[Collection[str]], dict[str, str]]
Finder = Callable[[str], str | None]

_NAMERS: dict[str, Namer] = {}
_FINDERS: dict[str, Finder] = {}


def register_namer(kind: str, namer: Namer, finder: Finder | None = None) -> None:
    """Register how rows of a kind are called; a second registration replaces the first.

    `namer` takes ids as text and answers a name for each that exists, in one query; `finder` takes
    what somebody typed and answers the id of the row that is called so.
    """
    _NAMERS[kind] = namer
    if finder is not None:
        _FINDERS[kind] = finder


def names_of(kind: str, ids: Collection[str]) -> dict[str, str]:
    """Return the names of those ids that have one; an id without a name is left out."""
    namer = _NAMERS.get(kind)
    return namer(ids) if namer and ids else {}


def id_called(kind: str, name: str) -> str | None:
    """Return the id of what is called so; None when nothing is."""
    finder = _FINDERS.get(kind)
    return finder(name) if finder else None
