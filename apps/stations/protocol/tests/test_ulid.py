"""ULIDs are unique, ordered within a process and recognised strictly."""

import threading
import time

import pytest

from apps.stations.protocol import ulid
from apps.stations.protocol.ulid import is_ulid, make_ulid, ulid_at, ulid_time_ms


def test_ids_made_one_after_the_other_only_grow_even_when_the_clock_steps_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ulid, "_last", 0)
    steps = iter(range(500))
    monkeypatch.setattr(time, "time_ns", lambda: (1_900_000_000_000 - next(steps)) * 1_000_000)
    ids = [make_ulid() for _ in range(500)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 500


def test_threads_never_make_the_same_id() -> None:
    made: list[str] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        made.extend([make_ulid() for _ in range(500)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 2000
    assert all(is_ulid(ulid) for ulid in made)


def test_the_time_can_be_read_back() -> None:
    far = 281_000_000_000_000
    assert ulid_time_ms(ulid_at(far)) == far
    assert is_ulid(ulid_at(far))


@pytest.mark.parametrize(
    "text",
    ["", "01J9Z3K4M5N6P7Q8R9S0T1V2W", "01j9z3k4m5n6p7q8r9s0t1v2w3", "81J9Z3K4M5N6P7Q8R9S0T1V2W3"],
)
def test_what_is_not_a_ulid_is_refused(text: str) -> None:
    assert not is_ulid(text)
    with pytest.raises(ValueError, match="Not a ULID"):
        ulid_time_ms(text)
