"""The payout run with a thousand, ten and a hundred thousand payouts due, and a gateway that answers at once."""

import resource
import threading
import time
from collections.abc import Mapping

from bench import fill_payouts, people
from bench.database import Addresses, analyze, use
from bench.figures import Figure
from bench.gateway import InstantGateway, standing_in
from bench.rounds import Side, Size, Times, interleaved

A_SECOND = 200.0
WITHIN = 0.15
MEGABYTES = 16
SITTERS = 50
BATCH = 50


class _Enough(BaseException):
    """Ends a run in the middle, as a kill does: no handler of errors of the product catches it."""


class _Sampling(InstantGateway):
    """Ends the run at the transfer after the sample; knows when the first one began and the last one ended."""

    def __init__(self, sample: int) -> None:
        super().__init__()
        self._left = sample
        self._counting = threading.Lock()  # calls are made by several threads
        self.began = self.ended = 0.0

    def transfer(self, request, *, key):  # type: ignore[no-untyped-def]  # as the gateway's
        """Send money, or end the run."""
        with self._counting:
            now = time.perf_counter()
            self.began = self.began or now
            if not self._left:
                self.ended = self.ended or now
                raise _Enough
            self._left -= 1
        return super().transfer(request, key=key)


def measure(addresses: Addresses, size: Size) -> list[Figure]:
    """Return speed, how the cost grows with what is due, and memory over a whole run with the books checked.

    Each side takes samples in turn with the others, of a database of its own. A sample lasts from one
    transfer to the one `sample` later, so that it holds exactly the claims of its own batches.
    """
    dues, sample, rounds = ([1_000, 10_000, 100_000], 150, 4) if not size.smoke else ([55], 2, 0)
    homes = _homes(addresses, dues)
    sides: dict[str, Side] = {str(due): _side(homes[due], sample) for due in dues}
    if size.smoke:
        return [_whole_run(homes[dues[0]])]
    times = interleaved(sides, rounds)
    costs = [_cost(times, sample, dues[0], due) for due in dues[1:]]
    return [_speed(times, sample, dues), *costs, _whole_run(homes[dues[1]])]


def _homes(addresses: Addresses, dues: list[int]) -> Mapping[int, Addresses]:
    owner, sitters = people.owner("payouts"), people.sitters("payouts", SITTERS)
    homes = {}
    for due in dues:
        home = addresses.copy(f"payouts_{due}") if len(dues) > 1 else addresses
        fill_payouts.due_payouts(home.owner, due, owner=owner, sitters=sitters)
        if len(dues) > 1:
            analyze(home)
        homes[due] = home
    return homes


def _side(home: Addresses, sample: int) -> Side:
    from apps.escrow import services

    def side(_round: int) -> float:
        use(home.app)
        gateway = _Sampling(sample)
        try:
            with standing_in(gateway):
                services.release_due_payouts()
        except _Enough:
            return gateway.ended - gateway.began
        raise AssertionError("there were fewer payouts due than the samples need")

    return side


def _speed(times: Times, sample: int, dues: list[int]) -> Figure:
    rate = times.rate(str(dues[-1]), sample)
    return Figure(
        f"payouts while {dues[-1]:,} are due, one process (sampled)",
        f"{rate:,.0f}/s",
        f"{A_SECOND:g}/s",
        rate / A_SECOND,
        "≥ 1 x",
        rate >= A_SECOND,
    )


def _cost(times: Times, sample: int, small: int, large: int) -> Figure:
    ratio = times.ratio(str(large), str(small))
    cost = {due: 1000 / times.rate(str(due), sample) for due in (small, large)}
    return Figure(
        f"cost of a payout while {large:,} are due (sampled)",
        f"{cost[large]:.1f} ms",
        f"while {small:,} are due {cost[small]:.1f} ms",
        ratio,
        f"1 ± {WITHIN:g}",
        abs(1 - ratio) <= WITHIN,
    )


def _whole_run(home: Addresses) -> Figure:
    from apps.escrow import services
    from apps.ledger import selectors

    use(home.app)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with standing_in(InstantGateway()):
        paid = services.release_due_payouts()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    report = selectors.check()
    return Figure(
        f"memory over a run of {paid:,} payouts" + ("" if report.ok else f" ({report.problems[0]})"),
        f"{grown:.0f} MB more",
        f"{MEGABYTES} MB",
        MEGABYTES / max(grown, 1.0),
        "≥ 1 x",
        report.ok and paid > 0 and grown <= MEGABYTES,
    )
