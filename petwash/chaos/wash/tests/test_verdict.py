"""The verdict on washes sees each kind of wrong by itself, whatever the other witnesses say."""

from dataclasses import replace
from typing import Any

import pytest

from petwash.chaos.diary import Line
from petwash.chaos.gateway_books import GatewayBooks, Theirs
from petwash.chaos.wash import certificate
from petwash.chaos.wash.books import Books, OpenEnds, Ours, Water, water_of
from petwash.chaos.wash.plan import WashPlan
from petwash.chaos.wash.verdict import Sold, WashVerdict, judge

SOLD = Sold("plain", "p", pays=True, price=900, seconds=300)
MORE = replace(SOLD, more_seconds=180)
ROW = Ours("w", "finished", 900, seconds_used=300, started=True)
RAN = Water(opened=1, closed=1, seconds=300.0)
DRY = Water()
PAID = Theirs(charges=[900])


def judged(
    sold: Sold = SOLD,
    gateway: Theirs = PAID,
    row: Ours | None = ROW,
    water: Water = RAN,
    ends: OpenEnds | None = None,
    accounts: dict[str, int] | None = None,
) -> WashVerdict:
    """Return the verdict on one wash, with accounts that follow from the gateway unless given."""
    kept = sum(gateway.charges) - sum(gateway.refunds)
    follows = {"stripe_clearing": kept, "revenue_wash": -kept}
    books = Books({"p": row} if row else {}, accounts or follows)
    theirs = GatewayBooks({"w": gateway} if gateway.charges else {}, {"USD": kept})
    valves = {"w": water} if water != DRY else {}
    return judge([sold], theirs, books, valves, ends or OpenEnds(), "")


def kinds(verdict: WashVerdict) -> set[str]:
    """Return the kinds of what is wrong."""
    return {offence.kind for offence in verdict.offences}


def refunded(back: int, **changes: Any) -> tuple[Theirs, Ours]:
    """Return the gateway's and our word on a wash of which so much went back."""
    status = "refunded" if back == 900 else "partially_refunded"
    return Theirs([900], [back]), replace(ROW, status=status, refunded=back, **changes)


def test_a_wash_that_ran_once_for_its_price_is_clean() -> None:
    verdict = judged()

    assert verdict.is_clean
    assert (
        certificate.line(verdict, 7, WashPlan(4, 1))
        == "1 washes, 7 faults, 0 lost, 0 started twice, 0 refunded (seed 4)"
    )


def test_a_wash_that_never_ran_and_went_back_whole_is_clean() -> None:
    gateway, row = refunded(900, started=False)
    verdict = judged(gateway=gateway, row=row, water=DRY)

    assert (verdict.is_clean, verdict.washes, verdict.refunded) == (True, 1, 1)


def test_a_wash_that_ended_early_keeps_the_price_of_what_ran() -> None:
    gateway, row = refunded(600)

    assert judged(gateway=gateway, row=row, water=Water(1, 0, 1, 100.4)).is_clean
    assert kinds(judged(gateway=gateway, row=row, water=Water(1, 0, 1, 90.0))) == {"lost"}
    assert kinds(judged(gateway=gateway, row=row, water=Water(1, 0, 1, 110.0))) == {"books"}


def test_a_top_up_runs_or_goes_back() -> None:
    row = replace(ROW, top_ups=540)

    assert judged(MORE, Theirs([900, 540]), row, Water(1, 0, 1, 480.0)).is_clean
    assert kinds(judged(MORE, Theirs([900, 540]), row, RAN)) == {"lost"}
    assert judged(MORE, Theirs([900, 540], [540]), replace(row, top_ups_back=540), RAN).is_clean
    assert kinds(judged(MORE, Theirs([900, 540, 540]), row, Water(1, 0, 1, 480.0))) >= {"books", "lost"}


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        # A bridge that confirms before it commits: the end is never heard of.
        ({"row": replace(ROW, status="running")}, "lost"),
        # A start that finds no tombstone and no memory of its id.
        ({"water": replace(RAN, opened=2)}, "twice"),
        ({"gateway": Theirs(), "row": replace(ROW, amount=0)}, "unpaid"),
        ({"water": DRY}, "lost"),
        ({"gateway": Theirs(), "row": None, "water": DRY}, "lost"),
        ({"gateway": Theirs([900, 900])}, "lost"),
        ({"gateway": Theirs([900], [900]), "row": replace(ROW, status="refunded", refunded=900)}, "books"),
        ({"row": replace(ROW, refunded=5)}, "books"),
        ({"row": replace(ROW, started=False)}, "books"),
    ],
    ids=[
        "never ended",
        "started twice",
        "water for nothing",
        "paid, not run, not refunded",
        "never sold",
        "charged twice",
        "ran and refunded",
        "our refund is not the gateway's",
        "ran unheard of",
    ],
)
def test_each_witness_alone_gives_it_away(wrong: dict[str, Any], kind: str) -> None:
    verdict = judged(**wrong)

    assert kind in kinds(verdict)
    assert verdict.washes == 0
    assert not verdict.is_clean


def test_a_gift_is_a_gift_only_when_the_books_say_so() -> None:
    gateway, row = refunded(900, goodwill=True)
    booked = {"stripe_clearing": 0, "revenue_wash": -900, "goodwill": 900}

    assert judged(gateway=gateway, row=row, accounts=booked).is_clean
    assert judged(gateway=gateway, row=row).is_clean
    assert not judged(gateway=gateway, row=row, accounts={**booked, "goodwill": 0}).is_clean


def test_nobody_knows_how_long_a_replaced_board_ran() -> None:
    gateway, row = refunded(400)

    assert judged(gateway=gateway, row=row, water=Water(1, 0, 0, 0.0, forgotten=True)).is_clean


def test_who_did_not_pay_gets_nothing_and_is_charged_nothing() -> None:
    declined = replace(SOLD, pays=False)
    row = Ours("w", "cancelled", 900)

    assert judged(declined, Theirs(), row, DRY).is_clean
    assert judged(declined, Theirs([900], [900]), row, DRY).is_clean
    assert kinds(judged(declined, PAID, row, DRY)) == {"lost"}
    assert kinds(judged(declined, Theirs(), row, RAN)) == {"unpaid"}


def test_a_valve_for_a_wash_that_nobody_bought_is_seen() -> None:
    books = Books({}, {})

    verdict = judge([], GatewayBooks({}, {}), books, {"ghost": RAN}, OpenEnds(), "")

    assert [(offence.kind, offence.booking_id) for offence in verdict.offences] == [("unpaid", "ghost")]


def test_the_wholes_are_compared() -> None:
    off = {"stripe_clearing": 899, "revenue_wash": -901}

    assert judged(accounts=off).differences == [
        "revenue is 901, the gateway kept 900, gifts were 0",
        "stripe_clearing holds 899, the gateway 900",
    ]
    assert judged(ends=OpenEnds(flash=2)).differences == ["2 left open: flash"]


def test_the_diary_of_the_valves_is_read_wash_by_wash() -> None:
    lines: list[Line] = [
        {"what": "valve", "wash": "a", "turned": "opened", "seconds": 0.0},
        {"what": "storm", "station": "s"},
        {"what": "valve", "wash": "a", "turned": "resumed", "seconds": 120.0},
        {"what": "valve", "wash": "a", "turned": "closed", "seconds": 300.0},
        {"what": "new_board", "washes": ["b"], "command": "c"},
    ]

    assert water_of(lines) == {"a": Water(1, 1, 1, 300.0), "b": Water(forgotten=True)}


def test_faults_are_counted_by_what_they_did() -> None:
    happened = certificate.faults(
        [
            {"what": "killed", "worker": "bridge"},
            {"what": "killed", "worker": "stations-3"},
            {"what": "killed", "worker": "customers-1"},
            {"what": "database_cut", "done": 2},
            {"what": "never_start"},
        ]
    )

    assert {name: count for name, count in happened.items() if count} == {
        "kill -9 of the bridge": 1,
        "kill -9 of six stations at once": 1,
        "kill -9 of another worker": 1,
        "database sessions cut": 2,
        "starts that never came": 1,
    }
