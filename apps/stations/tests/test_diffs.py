"""A change shows at once; the next of the same station not before a quarter of a second has passed."""

from apps.stations.bridge.worker import DIFF_SECONDS, Diffs


def test_the_first_change_is_due_at_once_and_the_next_later() -> None:
    diffs = Diffs()
    diffs.add({"a"})

    assert diffs.due(10.0) == {"a"}
    diffs.add({"a"})
    assert diffs.due(10.0 + DIFF_SECONDS / 2) == set()
    assert diffs.due(10.0 + DIFF_SECONDS) == {"a"}
    assert diffs.due(11.0) == set()


def test_a_busy_station_does_not_hold_up_a_quiet_one() -> None:
    diffs = Diffs()
    diffs.add({"busy"})
    diffs.due(10.0)
    diffs.add({"busy", "quiet"})

    assert diffs.due(10.1) == {"quiet"}
    assert diffs.drain() == {"busy"}
    assert diffs.drain() == set()
