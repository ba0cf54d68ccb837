"""Seats: how many purchases of this process work at once. The others wait, and hold nothing while they do.

A purchase computes and asks the database only while it sits. Before it calls the outside it gives its connection
back and leaves its seat (`db.outside_call`), so that many may wait for a slow gateway, and what remains of the
process is everybody else's. Who comes back from the outside goes before who has not begun. Each that is under way has a
thread, whether it sits or waits: so there is a most of them, and who comes on top is refused before anything is begun.

While it sits, it shares the interpreter with everybody. So before each query it lets pass who needs no seat, such as a
page that is just being made; for a moment only, since it may hold locks.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection

Method = TypeVar("Method", bound=Callable[..., Any])
_MARK = "needs_seat"
COURTESY_SECONDS = 0.05  # so long at most each time that it sits


class NoSeat(Exception):
    """Nobody got up in time; nothing was begun."""


class Full(NoSeat):
    """So many purchases are under way here that another one may not even wait; nothing was begun."""


class Seats:
    """A number of seats, handed on in the order of asking; safe to use from several threads."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._present = 0
        self._lock = threading.Lock()
        self._back: deque[threading.Event] = deque()
        self._new: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a seat."""
        with self._lock:
            return len(self._back) + len(self._new)

    @contextmanager
    def present(self, most: int) -> Iterator[None]:
        """Be one of at most so many, whether one sits, is outside or waits. Raises: Full, without a wait."""
        with self._lock:
            if self._present >= most:
                raise Full
            self._present += 1
        try:
            yield
        finally:
            with self._lock:
                self._present -= 1

    def take(self, *, seconds: float) -> None:
        """Sit down for the first time, after at most so long. Raises: NoSeat."""
        called = self._ask(self._new)
        if called is not None and not called.wait(seconds) and not self._go_away(called):
            raise NoSeat

    def take_back(self) -> None:
        """Sit down again, however long it takes: what was begun is brought to its end."""
        called = self._ask(self._back)
        if called is not None:
            called.wait()

    def leave(self) -> None:
        """Get up. The seat goes to the next who waits and is never free in between: nobody overtakes."""
        with self._lock:
            queue = self._back or self._new
            if queue:
                queue.popleft().set()
            else:
                self._free += 1

    def _ask(self, queue: deque[threading.Event]) -> threading.Event | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            called = threading.Event()
            queue.append(called)
            return called

    def _go_away(self, called: threading.Event) -> bool:
        """Stop waiting; true when the seat was given in this very moment."""
        with self._lock:
            if not called.is_set():
                self._new.remove(called)
            return called.is_set()


class Passers:
    """The requests at work that need no seat; safe to use from several threads."""

    def __init__(self) -> None:
        self._number = 0
        self._gone = threading.Condition()

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Be one of them."""
        with self._gone:
            self._number += 1
        try:
            yield
        finally:
            with self._gone:
                self._number -= 1
                if not self._number:
                    self._gone.notify_all()

    def let_pass(self, seconds: float) -> float:
        """Wait until there are none, but no longer than that; return how long it took."""
        if not self._number or seconds <= 0:
            return 0.0
        began = time.monotonic()
        with self._gone:
            self._gone.wait_for(lambda: not self._number, seconds)
        return time.monotonic() - began


passers = Passers()


@dataclass
class _Sitter:
    """One purchase: where it sits, whether it does just now, and how long it may still be courteous."""

    seats: Seats
    sits: bool = True
    courtesy: float = COURTESY_SECONDS

    def query(self, execute: Callable[..., Any], *query: Any) -> Any:
        """Let others pass, then make the query: a wrapper of the connection's."""
        if self.sits:
            self.courtesy -= passers.let_pass(self.courtesy)
        return execute(*query)


_mine: ContextVar[_Sitter | None] = ContextVar("seat", default=None)


def seats() -> Seats:
    """Return the seats of this process."""
    return _seats(settings.PURCHASE_SEATS)


@lru_cache(maxsize=4)
def _seats(number: int) -> Seats:
    return Seats(number)


@contextmanager
def seated() -> Iterator[None]:
    """Hold a seat of this process.

    Raises: NoSeat after `PURCHASE_SEAT_WAIT`, or at once as Full while `PURCHASES_AT_ONCE` are under way.
    """
    mine = _Sitter(seats())
    with mine.seats.present(settings.PURCHASES_AT_ONCE):
        mine.seats.take(seconds=settings.PURCHASE_SEAT_WAIT.total_seconds())
        token = _mine.set(mine)
        try:
            with connection.execute_wrapper(mine.query):
                yield
        finally:
            _mine.reset(token)
            mine.seats.leave()


@contextmanager
def seat_left() -> Iterator[None]:
    """Let others sit meanwhile; nothing to do for who has no seat."""
    mine = _mine.get()
    if mine is None or not mine.sits:
        yield
        return
    mine.sits = False
    mine.seats.leave()
    try:
        yield
    finally:
        mine.seats.take_back()
        mine.sits, mine.courtesy = True, COURTESY_SECONDS


def needs_seat(method: Method) -> Method:
    """Mark a view's method as one that may wait for the outside."""
    setattr(method, _MARK, True)
    return method


def is_marked(method: object) -> bool:
    """Tell whether a view's method needs a seat."""
    return bool(getattr(method, _MARK, False))
