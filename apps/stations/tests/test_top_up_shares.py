"""A wash with several payments gives back what was not used: newest payment first, cents to the customer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import Money
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.stations.models import Command, TopUp, Wash, WashRefund
from apps.stations.refund_share import Paid, Share, unused_share, unused_shares
from apps.stations.tests.device import Device
from apps.stations.tests.top_ups import Customer
from apps.stations.top_up_terms import ml_of, price_of


def usd(minor: int) -> Money:
    return Money(minor, "USD")


PAID = [Paid("base", usd(900), 300), Paid("first", usd(300), 100), Paid("second", usd(100), 33)]


@pytest.mark.parametrize(
    ("used", "back"),
    [
        (0, {"second": 100, "first": 300, "base": 900}),
        (1, {"second": 100, "first": 300, "base": 897}),
        (300, {"second": 100, "first": 300}),
        (399, {"second": 100, "first": 3}),
        (401, {"second": 97}),
        (432, {"second": 4}),
        (433, {}),
        (9_000, {}),
    ],
)
def test_seconds_are_used_up_in_the_order_in_which_they_were_paid(used: int, back: dict[str, int]) -> None:
    shares = unused_shares(PAID, used)
    assert shares == [Share(name, usd(minor)) for name, minor in back.items()]


@given(
    prices=st.lists(st.tuples(st.integers(1, 10_000), st.integers(1, 2_000)), min_size=1, max_size=5),
    used=st.integers(-5, 12_000),
)
def test_what_is_kept_is_never_more_than_was_used(prices: list[tuple[int, int]], used: int) -> None:
    paid = [Paid(str(number), usd(minor), seconds) for number, (minor, seconds) in enumerate(prices)]
    back = {share.payment_id: share.amount.amount_minor for share in unused_shares(paid, used)}
    left = max(used, 0)
    for one in paid:
        kept = one.price.amount_minor - back.get(one.payment_id, 0)
        assert 0 <= kept <= one.price.amount_minor
        assert kept * one.seconds <= one.price.amount_minor * min(left, one.seconds)
        left = max(left - one.seconds, 0)


def test_a_currency_of_three_digits_moves_in_steps_that_can_be_paid() -> None:
    assert unused_share(Money(2_750, "KWD"), 100, 300).amount_minor == 1_840
    assert price_of(100, Money(2_750, "KWD"), 300) == Money(910, "KWD")


def test_the_price_is_the_purchases_rate_rounded_down_and_never_nothing() -> None:
    assert price_of(100, usd(900), 300) == usd(300)
    assert price_of(31, usd(1_000), 300) == usd(103)
    assert price_of(30, usd(1), 300) == usd(1)


def test_a_drop_too_much_is_held_rather_than_one_too_few() -> None:
    assert ml_of(31, {"shampoo": 150, "disinfectant": 1}, 300) == {"shampoo": 16, "disinfectant": 1}


def confirmed(customer: Customer, device: Device, expected: int, add: int) -> None:
    assert customer.top_up(expected, add).status_code == 202
    device.say(device.ack(Command.objects.filter(type="top_up").latest("id"), "accepted"))


@pytest.mark.django_db
def test_a_stop_refunds_each_payments_own_unused_seconds(customer, device: Device, stripe_sandbox, settle) -> None:
    confirmed(customer, device, 300, 100)
    confirmed(customer, device, 400, 33)
    device.say(device.event("stopped", customer.wash, used=350))
    assert Wash.objects.get().status == "refunding"
    settle()
    wash = Wash.objects.get()
    newest, first = TopUp.objects.order_by("-id")
    assert (wash.status, wash.refunded_minor, wash.paid.amount_minor) == ("partially_refunded", 249, 1_299)
    rows = WashRefund.objects.order_by("id").values_list("payment_id", "amount_minor", "status")
    assert list(rows) == [(newest.payment_id, 99, "succeeded"), (first.payment_id, 150, "succeeded")]
    assert sorted(row["amount"] for row in stripe_sandbox.objects("refund")) == [99, 150]
    assert ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor == 1_050
    assert ledger.balance(AccountRef("stripe_clearing"), "USD").amount_minor == 1_050


@pytest.mark.django_db
def test_a_part_that_the_bank_returns_opens_the_wash_alone(customer, device: Device, stripe_sandbox, settle) -> None:
    confirmed(customer, device, 300, 100)
    device.say(device.event("stopped", customer.wash, used=150))
    settle()
    stripe_sandbox.deliver_webhooks()
    assert Wash.objects.get().refunded_minor == 750
    top_up = next(row for row in stripe_sandbox.objects("refund") if row["amount"] == 300)
    stripe_sandbox.fail_refund(top_up["id"])
    stripe_sandbox.deliver_webhooks()
    wash = Wash.objects.get()
    assert (wash.status, wash.refunded_minor) == ("refunding", 450)
    assert list(WashRefund.objects.order_by("amount_minor").values_list("status", flat=True)) == ["failed", "succeeded"]
    assert ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor == 750


@pytest.mark.django_db
def test_a_stop_before_the_stations_word_gives_the_whole_top_up_back(customer, device: Device, settle) -> None:
    customer.top_up(300, 100)
    device.say(device.event("stopped", customer.wash, used=100))
    settle()
    wash, top_up = Wash.objects.get(), TopUp.objects.get()
    assert (wash.status, wash.refunded_minor, top_up.status) == ("partially_refunded", 600, "refunded")
    assert ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor == 300
