"""What a shard's heartbeat tells reaches monitoring, by shard, lane and reason."""

import pytest
from django.urls import reverse

from apps.common import metrics
from apps.common.heartbeats import beat
from apps.stations.bridge.meter import Meter
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db


def test_a_meter_counts_by_reason_and_forgets_old_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("apps.stations.bridge.meter.time.monotonic", lambda: now[0])
    meter = Meter()
    meter.note(120, 0.25, {"not_json": 2})
    meter.note(60, 0.5, {"not_json": 1, "bad_topic": 1})
    meter.ignore({"empty": 4})
    assert meter.figures() == {
        "rate": 3.0,
        "lag_seconds": 0.5,
        "dead": {"not_json": 3, "bad_topic": 1},
        "ignored": {"empty": 4},
    }
    now[0] += 61
    assert meter.figures()["rate"] == 0


def test_each_lane_of_each_shard_is_a_row_of_each_figure() -> None:
    figures = {"rate": 12.5, "lag_seconds": 0.1, "queue": 3, "oldest_seconds": 0.2, "dead": {"not_json": 2}}
    other = figures | {"queue": 4, "dead": {}, "ignored": {"empty": 7}}
    beat("bridge:0/2", {"lanes": {"money": figures, "telemetry": other}})
    beat("bridge:1/2")
    text = metrics.exposition()
    assert 'petwash_bridge_rate{lane="money",shard="0/2"} 12.5\n' in text
    assert 'petwash_bridge_queue{lane="telemetry",shard="0/2"} 4\n' in text
    assert 'petwash_bridge_dead_letters{lane="money",reason="not_json",shard="0/2"} 2\n' in text
    assert 'petwash_bridge_ignored{lane="telemetry",reason="empty",shard="0/2"} 7\n' in text
    assert text.count("petwash_bridge_age_seconds{") == 2


def test_operations_see_each_shard_with_its_lanes_and_no_other_loop() -> None:
    figures = {"rate": 12.5, "lag_seconds": 0.1, "queue": 3, "oldest_seconds": 0.2, "dead": {"not_json": 2}}
    beat("bridge:0/2", {"lanes": {"money": figures}})
    beat("relay")
    page = console(member_of("Operations")).get(reverse("admin:stations_bridgeshard_changelist")).content.decode()
    assert "12.5/s, lag 0.1 s, 3 wait (the oldest 0.2 s), 2 dead letters" in page
    assert "unknown" in page
    assert "relay" not in page
