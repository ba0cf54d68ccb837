"""What each worker of a wash run does, in a process of its own: the product's own commands, tasks and services."""

import os
import time
from functools import partial

from django.conf import settings
from django.core.management import call_command

from apps.payments import tasks as payments_tasks
from apps.stations import tasks
from petwash.chaos.nursery import Work
from petwash.chaos.pace import EVENT_SWEEP_SECONDS
from petwash.chaos.wash.customers import Customers
from petwash.chaos.wash.hardware import run_fleet
from petwash.chaos.wash.pace import ROUND_SECONDS, SWEEP_SECONDS
from petwash.chaos.wash.plan import CUSTOMERS, WashPlan
from petwash.chaos.wash.staff import Rounds
from petwash.chaos.workers import Every, attempt, begin, celery, loop, web


def roster(plan: WashPlan) -> dict[str, Work]:
    """Return what each of the named workers does."""
    work: dict[str, Work] = {
        **{name: _customers(plan, place) for place, name in enumerate(CUSTOMERS)},
        "sweep-1": loop(
            Every(SWEEP_SECONDS, tasks.sweep_starts),
            Every(SWEEP_SECONDS, tasks.sweep_refunds),
            payments_tasks.process_webhooks,
            Every(EVENT_SWEEP_SECONDS, payments_tasks.sweep_events),
        ),
        "sweep-2": loop(
            payments_tasks.resume_stale,
            Every(SWEEP_SECONDS, tasks.sweep_starts),
            Every(SWEEP_SECONDS, tasks.sweep_leases),
            Every(SWEEP_SECONDS, tasks.sweep_levels),
        ),
        "relay": begin(lambda: call_command("outbox_relay")),
        "celery": begin(celery),
        "web": begin(web),
        "bridge": begin(lambda: call_command("mqtt_bridge")),
        "staff": begin(_staff),
        **{name: partial(_fleet, plan) for name in plan.fleets},
    }
    assert set(work) == set(plan.workers), "the plan names the workers that it kills"
    return work


def _customers(plan: WashPlan, place: int) -> Work:
    def act() -> None:
        people = Customers(plan, place, len(CUSTOMERS))
        parent = os.getppid()
        while os.getppid() == parent:
            attempt(people.turn)

    return begin(act)


def _staff() -> None:
    rounds, parent = Rounds(), os.getppid()
    while os.getppid() == parent:
        attempt(rounds)
        time.sleep(ROUND_SECONDS)


def _fleet(plan: WashPlan, name: str) -> None:
    run_fleet(plan, name, settings.MQTT)
