"""What each worker does, in a process of its own: the services and tasks of the product, unchanged."""

import os
import time
import traceback
from collections.abc import Callable
from urllib.parse import urlsplit

import stripe
import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.db import close_old_connections

from apps.escrow import listeners
from apps.escrow import tasks as escrow_tasks
from apps.payments import tasks as payments_tasks
from petwash.asgi import application
from petwash.celery import app as celery_app
from petwash.chaos.clients import Client
from petwash.chaos.nursery import Work
from petwash.chaos.pace import EVENT_SWEEP_SECONDS, PAYOUT_RUN_SECONDS
from petwash.chaos.plan import Plan
from petwash.chaos.strikes import CLIENTS, WORKERS

_PAUSE_SECONDS = 0.1


def roster(plan: Plan) -> dict[str, Work]:
    """Return what each of the named workers does."""
    work: dict[str, Work] = {
        **{name: _client(plan, place) for place, name in enumerate(CLIENTS)},
        "payouts-1": loop(Every(PAYOUT_RUN_SECONDS, escrow_tasks.release_due)),
        "payouts-2": loop(Every(PAYOUT_RUN_SECONDS, escrow_tasks.release_due)),
        "sweep-1": loop(
            payments_tasks.resume_stale,
            payments_tasks.process_webhooks,
            Every(EVENT_SWEEP_SECONDS, payments_tasks.sweep_events),
        ),
        "sweep-2": loop(
            payments_tasks.process_webhooks,
            payments_tasks.resume_stale,
            Every(PAYOUT_RUN_SECONDS, escrow_tasks.continue_claw_backs),
        ),
        "relay": begin(lambda: call_command("outbox_relay")),
        "celery": begin(celery),
        "web": begin(web),
    }
    assert set(work) == set(WORKERS), "the plan names the workers that it kills"
    return work


class Every:
    """A task that is due again so many seconds after it ended."""

    def __init__(self, seconds: float, task: Callable[[], object]) -> None:
        self._seconds, self._task = seconds, task
        self._due = time.monotonic() + seconds

    def __call__(self) -> None:
        """Run the task if it is due."""
        if time.monotonic() >= self._due:
            try:
                self._task()
            finally:
                self._due = time.monotonic() + self._seconds


def begin(act: Callable[[], object]) -> Work:
    """Return the work of a process that acts under its own name."""

    def work(name: str) -> None:
        # The gateway sees who asks, so that the storm can strike exactly that process.
        stripe.set_app_info(name, version=str(os.getpid()))
        stripe.enable_telemetry = False
        # Escrow's holds stand alone here: the bookings that would follow them are another story.
        listeners._listeners.clear()
        act()

    return work


def loop(*tasks: Callable[[], object]) -> Work:
    """Return the work of a process that runs these tasks in turn until its parent is gone."""

    def act() -> None:
        parent = os.getppid()
        while os.getppid() == parent:
            for task in tasks:
                attempt(task)
            time.sleep(_PAUSE_SECONDS)

    return begin(act)


def attempt(task: Callable[[], object]) -> None:
    """Run a task as a Celery worker would: what it raises is logged, and the next one gets a connection."""
    close_old_connections()
    try:
        task()
    except Exception:
        traceback.print_exc()
        close_old_connections()


def _client(plan: Plan, place: int) -> Work:
    def act() -> None:
        client = Client(plan, place, len(CLIENTS))
        parent = os.getppid()
        while os.getppid() == parent:
            attempt(client.turn)
            time.sleep(0.01 if client.is_busy else _PAUSE_SECONDS)

    return begin(act)


def celery() -> None:
    """Be the queue's worker."""
    quiet = ["--loglevel", "WARNING", "--without-mingle", "--without-gossip", "--without-heartbeat"]
    celery_app.worker_main(["worker", "--pool", "solo", *quiet])


def web() -> None:
    """Be the web process."""
    port = urlsplit(settings.PUBLIC_BASE_URL).port
    assert port, "the run names its own port"
    uvicorn.run(application, host="127.0.0.1", port=port, lifespan="off", access_log=False, log_level="warning")
