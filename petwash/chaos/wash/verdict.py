"""The judgement: valves, rows and gateway side by side, wash by wash. Pure.

One law covers every end of a wash: what the gateway kept is the price of the seconds that ran.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from petwash.chaos.gateway_books import GatewayBooks, Theirs
from petwash.chaos.verdict import Offence, Verdict
from petwash.chaos.wash.books import Books, OpenEnds, Ours, Water

ROUNDING = 2
"""Minor units that a share may be off: a part of a cent, and a part of a second, for each payment."""
ENDS = {"finished", "stopped", "partially_refunded", "refunded"}


@dataclass(frozen=True)
class Sold:
    """What a story's person was to buy: the price in minor units for so many seconds."""

    story: str
    purchase: str
    pays: bool
    price: int
    seconds: int
    more_seconds: int = 0

    @property
    def most(self) -> int:
        """The most that may be charged."""
        return self.price + self.cost(self.more_seconds)

    def cost(self, seconds: float) -> int:
        """Return the price of so many seconds, rounded down."""
        return int(self.price * seconds // self.seconds)


@dataclass
class WashVerdict(Verdict):
    """What the run came to: paid washes that are in order, and those of them that got money back."""

    washes: int = 0
    refunded: int = 0


def judge(
    sold: list[Sold], gateway: GatewayBooks, ours: Books, water: dict[str, Water], ends: OpenEnds, ledger: str
) -> WashVerdict:
    """Compare everything; `ledger` is what `check_ledger` complained about, empty when it did not."""
    verdict = WashVerdict()
    kept = 0
    for one in sold:
        row = ours.washes.get(one.purchase)
        theirs = gateway.bookings.get(row.wash, Theirs()) if row else Theirs()
        found = [
            Offence(kind, row.wash if row else one.purchase, one.story, what)
            for kind, what in _of(one, row, theirs, water.get(row.wash, Water()) if row else Water())
        ]
        verdict.offences += found
        verdict.washes += one.pays and not found
        verdict.refunded += bool(theirs.refunds)
        kept += sum(theirs.charges) - sum(theirs.refunds)
    known = {row.wash for row in ours.washes.values()}
    verdict.differences += [f"the gateway moved money for {wash}" for wash in gateway.bookings.keys() - known]
    verdict.offences += [
        Offence("unpaid", wash, "unknown", "a valve was opened for a wash that nobody bought")
        for wash in sorted(water.keys() - known)
    ]
    verdict.differences += _as_wholes(gateway, ours, kept, ends, ledger)
    return verdict


def _of(sold: Sold, row: Ours | None, theirs: Theirs, water: Water) -> Iterator[tuple[str, str]]:
    """Yield (kind, what) for all that is wrong with one wash."""
    charged, back = sum(theirs.charges), sum(theirs.refunds)
    if water.opened > 1:
        yield "twice", f"the valve was opened {water.opened} times for one start"
    if (water.opened or water.resumed) and not charged:
        yield "unpaid", "a valve was opened for a wash that was not paid"
    if not sold.pays:
        if charged != back:
            yield "lost", f"charged {charged} and gave back {back}, and nothing was sold"
        return
    if row is None or not charged:
        yield "lost", "was never sold"
        return
    if not sold.price <= charged <= sold.most or len(theirs.charges) > 2:
        yield "books", f"charged {theirs.charges}, the price is {sold.price}, {sold.most} at most"
    yield from _law(sold, row, water, charged - back)
    yield from _rows(row, water, charged, back)


def _law(sold: Sold, row: Ours, water: Water, kept: int) -> Iterator[tuple[str, str]]:
    ran = bool(water.opened or water.resumed)
    if not ran and kept and not water.forgotten:
        yield "lost", f"{kept} was kept and no water ran"
    if not ran or water.forgotten:
        return  # of a board that was taken out nobody knows how long the water ran
    due = sold.cost(int(water.seconds))
    if kept > due + ROUNDING:
        yield "lost", f"{kept} was kept for {water.seconds:.0f} s, which cost {due}"
    if kept < due - ROUNDING and not row.goodwill:
        yield "books", f"only {kept} was kept for {water.seconds:.0f} s, which cost {due}, and it is no gift"


def _rows(row: Ours, water: Water, charged: int, back: int) -> Iterator[tuple[str, str]]:
    if row.status not in ENDS:
        yield "lost", f"our row ended as {row.status}"
    if row.amount + row.top_ups != charged:
        yield "books", f"our rows say that {row.amount + row.top_ups} was paid, the gateway {charged}"
    if row.refunded + row.top_ups_back != back:
        yield "books", f"our rows say that {row.refunded + row.top_ups_back} went back, the gateway {back}"
    ran = bool(water.opened or water.resumed)
    if ran != row.started and not water.forgotten:
        yield "books", f"water ran: {ran}; by our row: {row.started}"


def _as_wholes(gateway: GatewayBooks, ours: Books, kept: int, ends: OpenEnds, ledger: str) -> Iterator[str]:
    if ledger:
        yield f"check_ledger: {ledger}"
    revenue, gifts = -ours.accounts.get("revenue_wash", 0), ours.accounts.get("goodwill", 0)
    if revenue != kept + gifts:
        yield f"revenue is {revenue}, the gateway kept {kept}, gifts were {gifts}"
    clearing, held = ours.accounts.get("stripe_clearing", 0), gateway.held.get("USD", 0)
    if clearing != held:
        yield f"stripe_clearing holds {clearing}, the gateway {held}"
    for name, count in vars(ends).items():
        if count:
            yield f"{count} left open: {name}"
