"""Who hears of a hold's moves inside the transaction that makes them.

Escrow knows no booking. The app above registers one listener when it is ready; the hold and the
booking then change together, whether the gateway answered at once or by webhook.
"""

from collections.abc import Sequence

from apps.escrow.types import HoldMove


class HoldListener:
    """What an upper app may want to do in the same transaction. Locks: hold first, then its own."""

    def hold_moved(self, hold: HoldMove) -> None:
        """Called after every move of the state, but the one that `funds_held` tells of."""

    def holds_moved(self, holds: Sequence[HoldMove]) -> None:
        """Called instead when several have moved to one state together."""
        for hold in holds:
            self.hold_moved(hold)

    def funds_held(self, hold: HoldMove) -> None:
        """Called instead when the money has arrived, also when it arrives for a hold that was void."""

    def wants_change(self, hold: HoldMove, change_id: str) -> bool:
        """Tell whether money that arrives for a change of the booking serves it; else it goes back in full."""
        return True


_listeners: list[HoldListener] = []


def register_listener(listener: HoldListener) -> None:
    """Add a listener; the same class registers once, however often an app becomes ready."""
    if not any(type(known) is type(listener) for known in _listeners):
        _listeners.append(listener)


def tell_moved(hold: HoldMove) -> None:
    """Tell every listener that the hold's state moved."""
    for listener in _listeners:
        listener.hold_moved(hold)


def tell_all_moved(holds: Sequence[HoldMove]) -> None:
    """Tell every listener that these holds have moved to one state."""
    for listener in _listeners:
        listener.holds_moved(holds)


def tell_funded(hold: HoldMove) -> None:
    """Tell every listener that the hold is funded."""
    for listener in _listeners:
        listener.funds_held(hold)


def ask_wanted(hold: HoldMove, change_id: str) -> bool:
    """Tell whether every listener has use for the money that has arrived for a change."""
    return all(listener.wants_change(hold, change_id) for listener in _listeners)
