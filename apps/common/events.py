"""Events: published as rows of the same transaction, delivered afterwards by the relay.

Delivery is at least once for the outside and exactly once for the database: a handler runs in one
transaction with the row that says it has run.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeVar

from apps.common.db import require_transaction


@dataclass(frozen=True)
class Event:
    """Something that happened, in ids and plain JSON values. Subclass as a frozen dataclass."""

    event_name: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        app = cls.__module__.split(".")[1]
        cls.event_name = f"{app}.{cls.__name__}"
        _EVENTS[cls.event_name] = cls


E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]
_EVENTS: dict[str, type[Event]] = {}
_HANDLERS: dict[str, list[tuple[str, Handler]]] = {}


def publish(event: Event) -> None:
    """Write the event into the outbox, within the open transaction.

    Raises: TransactionRequired when none is open.
    """
    from apps.common.models import OutboxEvent

    require_transaction()
    OutboxEvent.objects.create(name=event.event_name, payload=asdict(event))


def publish_all(batch: Iterable[Event]) -> None:
    """Write events into the outbox in this order, with one statement, within the open transaction.

    Raises: TransactionRequired when none is open.
    """
    from apps.common.models import OutboxEvent

    require_transaction()
    OutboxEvent.objects.bulk_create([OutboxEvent(name=event.event_name, payload=asdict(event)) for event in batch])


def subscribe(event_class: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a handler; it runs in the relay, inside a transaction, once per event."""

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{handler.__module__}.{handler.__qualname__}"
        handlers = _HANDLERS.setdefault(event_class.event_name, [])
        if all(known != name for known, _ in handlers):
            handlers.append((name, handler))
        return handler

    return register


def handlers_of(name: str) -> list[tuple[str, Handler]]:
    """Return the (name, handler) pairs of an event."""
    return list(_HANDLERS.get(name, ()))


def rebuild(name: str, payload: dict[str, Any]) -> Event:
    """Return the event of a stored row.

    Raises: KeyError for an event that this version of the code does not know.
    """
    return _EVENTS[name](**payload)


def deliver_all() -> int:
    """Deliver everything that waits, now; for tests and for `outbox_relay --once`."""
    from apps.common import relay

    return relay.deliver_until_empty()
