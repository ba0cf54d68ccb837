"""What passes at once, what waits and what is skipped, when a station says too much."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.stations import flood
from apps.stations.flood import FloodGate, Sifted, station_of

ULID = "01J9Z3K4M5N6P7Q8R9S0T1V2W3"


@dataclass(frozen=True)
class Said:
    topic: str
    payload: bytes = b"{}"


def level(number: int, tank: str = "shampoo", station: str = "riverside") -> Said:
    return Said(f"pw/v1/st/{station}/tank/{tank}/level", str(number).encode())


def event(number: int, station: str = "riverside") -> Said:
    return Said(f"pw/v1/st/{station}/bay/1/event", str(number).encode())


def gate(rate: float = 10, burst: int = 5) -> FloodGate[Said]:
    return FloodGate(rate=rate, burst=burst)


def test_what_fits_passes_as_it_came() -> None:
    batch = [level(1), event(1), level(2), event(2)]
    assert gate().sift(batch, 0) == Sifted(passed=batch)


def test_of_telemetry_beyond_the_limit_the_newest_of_each_topic_passes() -> None:
    batch = [level(number, tank) for number in range(20) for tank in ("shampoo", "conditioner")]
    sifted = gate().sift(batch, 0)
    assert sifted.passed == batch[-2:]
    assert sifted.skipped == batch[:-2]
    assert sifted.over == {"riverside": 35}


def test_words_beyond_the_limit_wait_in_their_order_and_none_is_lost() -> None:
    sifter, batch = gate(rate=10, burst=5), [event(number) for number in range(20)]
    assert sifter.sift(batch, 0).passed == batch[:5]
    later = [sifter.sift([], second / 2).passed for second in (1, 2, 3)]
    assert later == [batch[5:10], batch[10:15], batch[15:]]
    assert sifter.sift([], 9) == Sifted()


def test_what_is_said_while_others_wait_comes_after_them() -> None:
    sifter, batch = gate(rate=10, burst=5), [event(number) for number in range(8)]
    sifter.sift(batch[:7], 0)
    assert sifter.sift(batch[7:], 0.5).passed == batch[5:]


def test_a_neighbour_in_the_same_batch_notices_nothing() -> None:
    flooder, neighbour = [level(n) for n in range(900)], [event(n, "hillside") for n in range(3)]
    sifted = gate().sift([*flooder[:450], *neighbour, *flooder[450:]], 0)
    assert [said for said in sifted.passed if "hillside" in said.topic] == neighbour
    assert list(sifted.over) == ["riverside"]


def test_a_repeat_of_a_word_that_waits_takes_its_place_in_the_line() -> None:
    """The broker delivers again after a reconnect, and a device resends: only the newer can be acknowledged."""
    sifter = gate(rate=1, burst=1)
    first, second, again = event(1), event(2), event(2)
    sifter.sift([first, second], 0)
    sifted = sifter.sift([again], 0)
    assert sifted.skipped[0] is second
    released = sifter.sift([], 1).passed
    assert len(released) == 1
    assert released[0] is again


def test_a_line_that_is_full_leaves_new_words_to_the_station(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "WAITING_OF_ONE", 10)
    sifter, batch = gate(rate=10, burst=5), [event(number) for number in range(20)]
    sifted = sifter.sift(batch, 0)
    assert (sifted.passed, sifted.skipped) == (batch[:5], batch[10:])
    assert sifter.sift([], 0.5).passed == batch[5:10]


def test_a_full_line_still_takes_whether_the_station_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker says it once: a last will that is forgotten leaves a dead station on sale."""
    monkeypatch.setattr(flood, "WAITING_OF_ONE", 10)
    sifter, batch = gate(rate=10, burst=5), [event(number) for number in range(20)]
    online, offline = (Said("pw/v1/st/riverside/conn", word) for word in (b"online", b"offline"))
    assert sifter.sift([*batch, online, offline], 0).skipped == [*batch[10:], online]
    later = [said for second in range(1, 4) for said in sifter.sift([], second).passed]
    assert later == [*batch[5:10], offline]


def test_many_floods_together_leave_the_others_half_of_the_brokers_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "WAITING_IN_ALL", 10)
    sifter = gate(burst=1)
    for number in range(3):
        sifter.sift([event(n, f"place-{number}") for n in range(50)], 0)
    calm = event(1, "calm")
    assert sifter.sift([calm], 0) == Sifted(passed=[calm])


def test_after_a_silence_a_burst_passes_again() -> None:
    sifter = gate(rate=10, burst=5)
    sifter.sift([event(n) for n in range(5)], 0)
    burst = [event(n) for n in range(10, 15)]
    assert sifter.sift(burst, 0.5).passed == burst


def test_a_clock_that_goes_back_gives_no_tokens() -> None:
    sifter = gate(rate=10, burst=5)
    sifter.sift([event(n) for n in range(5)], 100)
    assert sifter.sift([event(9)], 50).passed == []


@pytest.mark.parametrize(
    ("topic", "station"),
    [
        ("pw/v1/st/riverside/conn", "riverside"),
        ("pw/v1/st/riverside/no/such/topic", "riverside"),
        ("pw/v1/host/state", ""),
        ("pw/v1/st/riverside", ""),
        ("", ""),
        (f"pw/v2/st/riverside/ack/{ULID}", ""),
    ],
)
def test_the_topic_alone_says_whose_limit_counts(topic: str, station: str) -> None:
    assert station_of(topic) == station


@given(st.lists(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=30), max_size=12))
def test_nothing_is_lost_but_what_a_newer_one_replaces(rounds: list[list[tuple[bool, int]]]) -> None:
    sifter, said, passed, skipped = gate(rate=3, burst=4), [], [], []
    number = 0
    for second, batch in enumerate(rounds):
        now = []
        for is_event, tank in batch:
            number += 1
            now.append(event(number) if is_event else level(number, f"t{tank}"))
        said += now
        sifted = sifter.sift(now, second)
        passed += sifted.passed
        skipped += sifted.skipped
    for second in range(len(rounds), len(rounds) + len(said) + 1):
        passed += sifter.sift([], second).passed
    assert sorted(passed + skipped, key=repr) == sorted(said, key=repr)
    events = [one for one in said if one.topic.endswith("event")]
    assert [one for one in passed if one.topic.endswith("event")] == events
    for topic in {one.topic for one in said if one.topic.endswith("level")}:
        newest = [one for one in said if one.topic == topic][-1]
        assert [one for one in passed if one.topic == topic][-1] == newest
