"""Real threads that start together."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from apps.common.errors import DomainError


def race(*attempts: Callable[[], Any]) -> list[Any]:
    """Run all at once; return what each returned, or the code of its refusal."""
    barrier = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return attempt()
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))
