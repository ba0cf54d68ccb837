"""The verdict sees each kind of wrong by itself, whatever the other witnesses say."""

from collections import defaultdict
from dataclasses import replace

import pytest

from petwash.chaos import certificate
from petwash.chaos.gateway_books import GatewayBooks, Theirs
from petwash.chaos.our_books import Books, OpenEnds, Ours
from petwash.chaos.plan import Plan
from petwash.chaos.stories import Refund, Story
from petwash.chaos.verdict import Verdict, judge

STORY = Story(
    number=0, booking_id="b", owner=0, sitter=0, currency="USD", stay=10_000, fee=1_000, fee_pct=15,
    refunds=(Refund(2_000, 0),),
)  # fmt: skip
BACK = replace(STORY, wants="everything_back", refunds=(Refund(10_000, 1_000),))
OURS = Ours(
    state="released", payout=6_800, sitter_fee=1_200, owner_fee=1_000, refunded_stay=2_000, refunds=1, paid_in=11_000
)  # fmt: skip
NOTHING_OPEN = OpenEnds(0, 0, 0, 0)


def theirs() -> Theirs:
    """Return what the gateway should have done for STORY."""
    return Theirs(charges=[11_000], refunds=[2_000], transfers=[("ch_1", 6_800)])


def judged(
    story: Story = STORY,
    gateway: Theirs | None = None,
    ours: Ours = OURS,
    held: int = 2_200,
    ends: OpenEnds = NOTHING_OPEN,
) -> Verdict:
    """Return the verdict on one story."""
    books = Books(defaultdict(Ours, {"b": ours}), {("stripe_clearing", "USD"): 2_200})
    return judge([story], GatewayBooks({"b": gateway or theirs()}, {"USD": held}), books, ends, "")


def test_what_is_right_is_clean() -> None:
    verdict = judged()

    assert verdict.is_clean
    assert certificate.line(verdict, 12, Plan(4, 20, 5)) == (
        "1 releases, 12 kills, 0 double, 0 lost, ledger = gateway (seed 4)"
    )


@pytest.mark.parametrize(
    ("gateway", "kind"),
    [
        (Theirs([11_000], [2_000], [("ch_1", 6_800), ("ch_1", 6_800)]), "double"),
        (Theirs([11_000], [2_000], []), "lost"),
        (Theirs([11_000], [2_000, 2_000], [("ch_1", 6_800)]), "double"),
        (Theirs([11_000], [], [("ch_1", 6_800)]), "lost"),
        (Theirs([11_000, 11_000], [2_000], [("ch_1", 6_800)]), "lost"),
        (Theirs([], [], []), "lost"),
    ],
    ids=["paid twice", "not paid", "refunded twice", "not refunded", "charged twice and kept", "not charged"],
)
def test_the_gateways_store_alone_gives_it_away(gateway: Theirs, kind: str) -> None:
    verdict = judged(gateway=gateway)

    assert verdict.bookings_with(kind) == 1
    assert verdict.releases == 0


def test_a_second_payment_may_go_back_whole() -> None:
    assert judged(gateway=Theirs([11_000, 11_000], [2_000, 11_000], [("ch_1", 6_800)])).is_clean


def test_a_refunded_stay_must_not_be_paid_out() -> None:
    ours = Ours(state="refunded", refunded_stay=10_000, refunded_fee=1_000, refunds=1, paid_in=11_000)

    assert judged(BACK, Theirs([11_000], [11_000]), ours).is_clean
    assert judged(BACK, Theirs([11_000], [11_000], [("ch_1", 1)]), ours).bookings_with("double") == 1


@pytest.mark.parametrize(
    "ours",
    [
        replace(OURS, state="releasing"),
        replace(OURS, frozen=True),
        replace(OURS, payout=6_700),
        replace(OURS, still_held=1),
        replace(OURS, sitter_fee=1_201),
        replace(OURS, refunded_stay=0),
    ],
)
def test_our_books_alone_give_it_away(ours: Ours) -> None:
    assert judged(ours=ours).offences != []


def test_the_wholes_are_compared() -> None:
    assert judged(held=2_201).differences == ["stripe_clearing holds 2200 USD, the gateway 2201"]
    assert judged(ends=OpenEnds(0, 3, 0, 0)).differences == ["3 left open: inbox"]
    assert "DIFFER" in certificate.line(judged(held=2_201), 0, Plan(1, 1, 0))


def test_a_fault_that_did_not_happen_is_said() -> None:
    happened = certificate.faults([{"what": "slow"}, {"what": "database_cut", "done": 0}])

    assert happened["slow requests, the key in use"] == 1
    assert happened["database sessions cut"] == 0
    assert "none" in certificate.table(happened)
