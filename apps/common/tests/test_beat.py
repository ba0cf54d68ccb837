"""Beat: a loop that turns says so, and survives what it needs being away."""

from typing import Any

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from apps.common.beat import HeartbeatScheduler
from apps.common.heartbeats import age_seconds
from apps.common.models import Heartbeat


@pytest.fixture
def scheduler(tmp_path: Any) -> HeartbeatScheduler:
    """Return a scheduler with one task that is always due."""
    app = Celery("t", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {"always": {"task": "common.worker_heartbeat", "schedule": 0.0}}
    return HeartbeatScheduler(app=app, schedule_filename=str(tmp_path / "schedule"), lazy=False)


def test_a_turn_beats(scheduler: HeartbeatScheduler, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "apply_async", lambda *args, **kwargs: None)
    assert 0 <= scheduler.tick() <= 3
    age = age_seconds("beat")
    assert age is not None
    assert age < 10


def test_without_redis_the_loop_goes_on_and_still_beats(
    scheduler: HeartbeatScheduler, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def refuse(entry: Any, **kwargs: Any) -> None:
        tries.append(entry.task)
        raise OperationalError("redis is away")

    monkeypatch.setattr(scheduler, "apply_async", refuse)
    for _ in range(3):
        scheduler.tick()
    assert tries
    assert Heartbeat.objects.filter(name="beat").exists()
