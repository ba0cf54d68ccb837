"""Sides take turns, the warm-up does not count, and a ratio is taken round by round."""

from bench.rounds import Times, interleaved


def test_the_side_that_begins_changes_and_the_warm_up_is_thrown_away() -> None:
    calls: list[tuple[str, int]] = []

    def side(name: str, seconds: float):
        def run(number: int) -> float:
            calls.append((name, number))
            return seconds

        return run

    times = interleaved({"a": side("a", 1.0), "b": side("b", 2.0)}, rounds=2)

    assert calls == [("a", 0), ("b", 0), ("b", 1), ("a", 1), ("a", 2), ("b", 2)]
    assert times.seconds == {"a": [1.0, 1.0], "b": [2.0, 2.0]}


def test_a_disturbed_round_does_not_move_the_ratio() -> None:
    times = Times({"ours": [1.0, 50.0, 1.0], "peer": [3.0, 150.0, 3.0]})

    assert times.ratio("ours", "peer") == 3.0
    assert times.rate("ours", 10) == 10.0
