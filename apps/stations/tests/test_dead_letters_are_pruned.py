"""Dead letters are forgotten after their retention, and none while letters are being taken again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection

from apps.common.clock import real_now
from apps.stations import tasks
from apps.stations.models import DeadLetter
from apps.stations.services import dead_letters

pytestmark = pytest.mark.django_db


def letter(days: float, *, tried: float | None = None) -> DeadLetter:
    now = real_now()
    return DeadLetter.objects.create(
        topic="pw/v1/st/riverside/alert",
        payload="{}",
        reason="missing_field: event_id is missing.",
        received_at=now - timedelta(days=days),
        tried_at=None if tried is None else now - timedelta(days=tried),
    )


@pytest.fixture
def rival() -> Iterator[psycopg.Connection[Any]]:
    """Another process's connection."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
        yield session


def test_what_is_older_than_the_retention_goes_and_the_rest_stays() -> None:
    letter(91)
    letter(200, tried=91)
    stays = [letter(89), letter(200, tried=1)]
    assert tasks.prune_dead_letters() == 2
    assert list(DeadLetter.objects.order_by("id")) == stays
    assert tasks.prune_dead_letters() == 0


def test_the_retention_is_a_setting(settings: Any) -> None:
    letter(8)
    assert dead_letters.prune_dead_letters() == 0
    settings.DEAD_LETTERS_KEPT_DAYS = 7
    assert dead_letters.prune_dead_letters() == 1


def test_more_than_one_batch_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "BATCH", 2)
    for _ in range(5):
        letter(91)
    assert dead_letters.prune_dead_letters() == 5


def test_none_goes_while_another_process_takes_letters_again(rival: psycopg.Connection[Any]) -> None:
    letter(91)
    rival.execute(f"SELECT pg_advisory_lock_shared({dead_letters.LOCK})")
    assert dead_letters.prune_dead_letters() == 0
    assert DeadLetter.objects.count() == 1
    rival.execute(f"SELECT pg_advisory_unlock_shared({dead_letters.LOCK})")
    assert dead_letters.prune_dead_letters() == 1


def test_who_takes_letters_again_keeps_them_and_lets_go_after_a_failure(rival: psycopg.Connection[Any]) -> None:
    ask = f"SELECT pg_try_advisory_lock({dead_letters.LOCK})"
    with pytest.raises(RuntimeError), dead_letters.kept():
        assert rival.execute(ask).fetchone() == (False,)
        raise RuntimeError
    assert rival.execute(ask).fetchone() == (True,)


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_a_single_replay_holds_is_left(rival: psycopg.Connection[Any]) -> None:
    held, other = letter(91), letter(91)
    with rival.transaction():
        rival.execute("SELECT 1 FROM stations_deadletter WHERE id = %s FOR UPDATE", [held.pk])
        assert dead_letters.prune_dead_letters() == 1
        assert not DeadLetter.objects.filter(pk=other.pk).exists()
    assert dead_letters.prune_dead_letters() == 1


def test_beat_prunes() -> None:
    assert "stations.prune_dead_letters" in {row["task"] for row in django_settings.CELERY_BEAT_SCHEDULE.values()}
