"""Races of real threads: all wait at one barrier, then all go."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db import connections

from apps.common.errors import DomainError

START_SECONDS = 30


def race(*attempts: Callable[[], Any]) -> list[Any]:
    """Run all at once; return, in their order, what each returned or the code of its refusal.

    Raises: what an attempt raises that is no refusal, once all have ended.
    """
    barrier = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], Any]) -> Any:
        try:
            barrier.wait(START_SECONDS)
            return attempt()
        except DomainError as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


def crowd(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act(0)` to `act(count - 1)` at once, as `race` does."""
    return race(*[partial(act, number) for number in range(count)])
