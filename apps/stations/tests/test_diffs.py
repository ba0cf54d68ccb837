"""A change shows at once; the next of the same station not before a quarter of a second has passed."""

from apps.stations.bridge.worker import DIFF_SECONDS, DIFFS_TOGETHER, Diffs


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


def test_who_is_waited_for_goes_first_and_who_waited_longest_next() -> None:
    diffs = Diffs()
    crowd = {f"station-{number:03}" for number in range(DIFFS_TOGETHER)}
    diffs.add(crowd)
    diffs.add({"begun"}, first=True)
    diffs.pause(60)  # ends at once

    shown = diffs.due(10.0)
    (left,) = crowd - shown
    assert len(shown) == DIFFS_TOGETHER
    assert "begun" in shown
    diffs.add(shown)
    assert left in diffs.due(11.0)


def test_who_goes_first_keeps_to_four_a_second_too() -> None:
    diffs = Diffs()
    diffs.add({"a"}, first=True)
    diffs.due(10.0)
    diffs.add({"a"}, first=True)

    assert diffs.due(10.0 + DIFF_SECONDS / 2) == set()
    assert diffs.due(10.0 + DIFF_SECONDS) == {"a"}
