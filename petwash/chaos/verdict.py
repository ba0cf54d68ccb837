"""The judgement: plan, gateway, rows and ledger side by side, booking by booking. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from petwash.chaos.gateway_books import GatewayBooks, Theirs
from petwash.chaos.our_books import Books, OpenEnds, Ours
from petwash.chaos.stories import Story


@dataclass(frozen=True)
class Offence:
    """What is wrong with one booking. kind: double (too much left), lost (too little), or books."""

    kind: str
    booking_id: str
    story: str
    what: str


@dataclass
class Verdict:
    """What the run came to. `differences` are between ledger and gateway as wholes."""

    releases: int = 0
    offences: list[Offence] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def bookings_with(self, kind: str) -> int:
        """Return how many bookings have such an offence."""
        return len({offence.booking_id for offence in self.offences if offence.kind == kind})

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing at all is wrong."""
        return not self.offences and not self.differences


def judge(stories: list[Story], gateway: GatewayBooks, ours: Books, ends: OpenEnds, ledger: str) -> Verdict:
    """Compare everything; `ledger` is what `check_ledger` complained about, empty when it did not."""
    verdict = Verdict()
    for story in stories:
        theirs, rows = gateway.bookings.get(story.booking_id, Theirs()), ours.bookings[story.booking_id]
        found = [Offence(kind, story.booking_id, story.kind, what) for kind, what in _of(story, theirs, rows)]
        verdict.offences += found
        verdict.releases += story.is_paid_out and not found
    verdict.differences += _as_wholes(gateway, ours, ends, ledger)
    known = {story.booking_id for story in stories}
    verdict.differences += [f"the gateway moved money for {other}" for other in gateway.bookings.keys() - known]
    return verdict


def _of(story: Story, theirs: Theirs, ours: Ours) -> Iterator[tuple[str, str]]:
    """Yield (kind, what) for all that is wrong with one booking."""
    asked = _refunds_due(story, ours, paid=bool(theirs.charges))
    surplus = _surplus(story, theirs.charges)  # a second payment is allowed only to go back at once
    must_pay = bool(theirs.charges) or story.wants in {"payout", "everything_back"}
    payout = story.payout(asked[0]) if story.is_paid_out else 0
    yield from _amounts("charged", sum(theirs.charges), sum(story.prices) + surplus if must_pay else 0)
    yield from _amounts("refunded", sum(theirs.refunds), sum(asked) + surplus + story.clawed_back)
    yield from _amounts("transferred", sum(amount for _, amount in theirs.transfers), payout - story.reversed)
    yield from _amounts("disputed for good", theirs.disputed, sum(story.prices) if story.bank == "lost" else 0)
    for charge, count in Counter(charge for charge, _ in theirs.transfers).items():
        if count > 1:
            yield "double", f"{count} transfers out of {charge}"
    yield from _rows(story, theirs, ours, asked, payout)


def _surplus(story: Story, charges: list[int]) -> int:
    """Return what was charged beyond one payment of each price."""
    return sum((Counter(charges) - Counter(story.prices)).elements())


def _amounts(what: str, found: int, due: int) -> Iterator[tuple[str, str]]:
    if found != due:
        yield ("double" if found > due else "lost"), f"{what} {found} instead of {due}"


def _refunds_due(story: Story, ours: Ours, *, paid: bool) -> tuple[int, int]:
    """Return the stay and the fee that had to go back; a late refund counts if our rows accepted it."""
    if not paid or (story.late and not ours.refunds):
        return 0, 0
    return sum(refund.stay for refund in story.refunds), sum(refund.fee for refund in story.refunds)


def _end(story: Story, theirs: Theirs) -> str:
    if story.clawed_back:
        return "clawed_back"
    return "released" if story.is_paid_out else "refunded" if theirs.charges else "void"


def _rows(story: Story, theirs: Theirs, ours: Ours, asked: tuple[int, int], payout: int) -> Iterator[tuple[str, str]]:
    ends = _end(story, theirs)
    if ours.state != ends or ours.frozen:
        yield (
            "lost" if story.is_paid_out else "books",
            f"our row is {ours.state}{' (frozen)' * ours.frozen}, not {ends}",
        )
    for what, found, due in (
        ("refunded", (ours.refunded_stay, ours.refunded_fee), (asked[0] + story.clawed_back, asked[1])),
        ("paid out", ours.payout, payout),
        ("paid in", ours.paid_in, sum(story.prices) if theirs.charges else 0),
        ("held in the ledger", ours.still_held, 0),
    ):
        if found != due:
            yield "books", f"our books: {what} {found} instead of {due}"
    left = ours.payout + ours.sitter_fee + ours.owner_fee + ours.refunded_stay + ours.refunded_fee
    left += theirs.disputed - story.clawed_back  # what went back after the payout came out of it
    if left + ours.still_held != ours.paid_in:
        yield "books", f"escrow + refunded + released is {left + ours.still_held}, paid was {ours.paid_in}"


def _as_wholes(gateway: GatewayBooks, ours: Books, ends: OpenEnds, ledger: str) -> Iterator[str]:
    if ledger:
        yield f"check_ledger: {ledger}"
    clearing = {currency: total for (kind, currency), total in ours.system.items() if kind == "stripe_clearing"}
    for currency in sorted(clearing.keys() | gateway.held.keys()):
        if clearing.get(currency, 0) != gateway.held.get(currency, 0):
            yield (
                f"stripe_clearing holds {clearing.get(currency, 0)} {currency}, "
                f"the gateway {gateway.held.get(currency, 0)}"
            )
    for (kind, currency), total in ours.system.items():
        if kind == "transfer_in_flight" and total:
            yield f"transfer_in_flight holds {-total} {currency}"
    for name, count in vars(ends).items():
        if count:
            yield f"{count} left open: {name}"
