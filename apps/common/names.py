"""What a person calls a row that another app knows only by its id: apps above register how to name theirs."""

from collections.abc import Callable, Collection

Namer = Callable[[Collection[str]], dict[str, str]]

_NAMERS: dict[str, Namer] = {}


def register_namer(kind: str, namer: Namer) -> None:
    """Register how rows of a kind are called; a second registration replaces the first.

    `namer` takes ids as text and answers a name for each that exists, in one query.
    """
    _NAMERS[kind] = namer


def names_of(kind: str, ids: Collection[str]) -> dict[str, str]:
    """Return the names of those ids that have one; an id without a name is left out."""
    namer = _NAMERS.get(kind)
    return namer(ids) if namer and ids else {}
