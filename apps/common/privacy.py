"""The privacy registry: each app says how it exports, blocks and erases a person's data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def _nothing_to_block(user: Any) -> list[str]:
    return []


@dataclass(frozen=True)
class Holder:
    """One app's part: `export` returns plain JSON values, `blocks` the reasons why the person cannot
    be deleted yet (sentences), `erase` removes or anonymises personal values in the open transaction."""

    app: str
    export: Callable[[Any], dict[str, Any]]
    erase: Callable[[Any], None]
    blocks: Callable[[Any], list[str]] = _nothing_to_block


_HOLDERS: dict[str, Holder] = {}


def register(
    app: str,
    *,
    export: Callable[[Any], dict[str, Any]],
    erase: Callable[[Any], None],
    blocks: Callable[[Any], list[str]] = _nothing_to_block,
) -> None:
    """Register an app's part, once; a second registration replaces the first."""
    _HOLDERS[app] = Holder(app, export, erase, blocks)


def export_all(user: Any) -> dict[str, Any]:
    """Return everything that the company holds of the person, by app."""
    return {name: holder.export(user) for name, holder in sorted(_HOLDERS.items())}


def blocks_all(user: Any) -> list[str]:
    """Return why the person cannot be deleted yet; empty when nothing stands in the way."""
    return [reason for _, holder in sorted(_HOLDERS.items()) for reason in holder.blocks(user)]


def erase_all(user: Any) -> None:
    """Erase the person in every app, within the open transaction; upper apps first."""
    for _, holder in sorted(_HOLDERS.items(), reverse=True):
        holder.erase(user)


def registered() -> list[str]:
    """Return the names of the apps that have registered."""
    return sorted(_HOLDERS)
