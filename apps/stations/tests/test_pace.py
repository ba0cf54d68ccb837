"""A listener hears of one station four times a second at most, and its newest word in the end."""

from apps.stations.pace import GAP_SECONDS, Pace


def test_the_first_word_goes_at_once_and_each_station_has_a_pace_of_its_own() -> None:
    pace = Pace()
    assert pace.offer("one", "a", 10.0)
    assert pace.offer("two", "b", 10.0)
    assert pace.wait(10.0) is None


def test_what_comes_too_early_is_held_and_the_newest_replaces_it() -> None:
    pace = Pace()
    assert pace.offer("one", "a", 10.0)
    assert [pace.offer("one", word, 10.0 + n / 100) for n, word in enumerate("bcd", 1)] == [False, False, False]
    assert pace.due(10.2) == []
    assert pace.wait(10.0) == GAP_SECONDS
    assert pace.due(10.25) == ["d"]
    assert pace.wait(10.25) is None


def test_after_a_held_word_the_gap_begins_anew() -> None:
    pace = Pace()
    pace.offer("one", "a", 10.0)
    pace.offer("one", "b", 10.1)
    assert pace.due(10.3) == ["b"]
    assert not pace.offer("one", "c", 10.4)
    assert pace.due(10.55) == ["c"]
    assert pace.offer("one", "d", 10.8)


def test_nothing_overtakes_a_word_that_is_held() -> None:
    pace = Pace()
    pace.offer("one", "a", 10.0)
    pace.offer("one", "b", 10.1)
    assert not pace.offer("one", "c", 10.9)
    assert pace.wait(10.9) == 0.0
    assert pace.due(10.9) == ["c"]


def test_a_storm_of_a_second_is_five_words_at_most() -> None:
    pace, heard = Pace(), []
    for n in range(101):
        now = 10.0 + n / 100
        heard += pace.due(now)
        if pace.offer("one", n, now):
            heard.append(n)
    assert len(heard) <= 5
    assert pace.due(12.0) == [100]
