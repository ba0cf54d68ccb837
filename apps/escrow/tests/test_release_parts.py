"""A payout of several fundings: one transfer each, settled together, refused one by one."""

from typing import Any
from unittest.mock import patch

import pytest

from apps.common.clock import advance_business_clock, business_now
from apps.escrow import selectors, services
from apps.escrow.models import Release, ReleasePart
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import Story, a_day_passes, swept, system_balance, usd
from apps.ledger import selectors as ledger
from apps.payments.gateways.port import GatewayRefused
from apps.payments.gateways.stripe_api import StripeGateway
from petwash.testing.races import race


@pytest.fixture
def due(story: Story) -> Story:
    """100.00 and 10.00, then 40.00 and 4.00 more; the 24 hours are over."""
    story.pay()
    story.add(4_000, 400)
    story.complete()
    a_day_passes()
    return story


def refusing(*amounts: int) -> Any:
    """Refuse transfers of these amounts for good."""
    send = StripeGateway.transfer

    def transfer(self: StripeGateway, request: Any, *, key: str) -> Any:
        if request.amount.amount_minor in amounts:
            raise GatewayRefused("account_closed", "The account was closed.")
        return send(self, request, key=key)

    return patch.object(StripeGateway, "transfer", transfer)


def earned() -> tuple[int, int, int]:
    """Return what the books say of the sitter's fees, the owner's fees, and of transfers under way."""
    return (
        system_balance("revenue_sitter_fee"),
        system_balance("revenue_owner_fee"),
        system_balance("transfer_in_flight"),
    )


def test_each_funding_pays_its_own_transfer(due, stripe_sandbox, diary):
    payout = due.release()
    assert (payout.status, payout.amount, payout.sitter_fee) == ("paid", usd(11_900), usd(2_100))
    charges = {charge["id"]: charge["amount"] for charge in stripe_sandbox.objects("charge")}
    transfers = [(row["amount"], charges[row["source_transaction"]]) for row in stripe_sandbox.objects("transfer")]
    assert transfers == [(8_500, 11_000), (3_400, 4_400)]
    assert (due.balances(), earned()) == ((0, 0), (2_100, 1_400, 0))
    assert (due.hold.stay_left, due.hold.owner_fee_left) == (usd(0), usd(0))
    assert diary.moves == ["held", "release_due", "releasing", "released"]
    assert ledger.check().ok


def test_it_is_settled_when_the_last_transfer_is(due, stripe_sandbox):
    """The second call gets no answer: the first transfer is there, the payout is not over."""
    sent = StripeGateway.transfer

    def transfer(self: StripeGateway, request: Any, *, key: str) -> Any:
        if request.amount.amount_minor == 3_400:
            stripe_sandbox.fault("POST", "/v1/transfers", "drop_answer", times=5)
        return sent(self, request, key=key)

    with patch.object(StripeGateway, "transfer", transfer):
        assert due.release().status == "in_transit"
    assert [part.status for part in ReleasePart.objects.order_by("id")] == ["paid", "in_transit"]
    assert (due.hold.state, system_balance("transfer_in_flight")) == ("releasing", 3_400)
    stripe_sandbox.repair()
    swept(due.row.opened_at)
    assert (due.hold.state, earned()) == ("released", (2_100, 1_400, 0))
    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [8_500, 3_400]


def test_one_refused_transfer_is_due_again_and_the_other_stays_paid(due, stripe_sandbox, diary):
    with refusing(3_400):
        payout = due.release()
    assert (payout.status, payout.amount, payout.failure_code) == ("partial", usd(8_500), "account_closed")
    assert (due.hold.state, due.row.last_problem) == ("release_due", "account_closed")
    assert (due.hold.stay_left, due.hold.owner_fee_left) == (usd(4_000), usd(400))
    assert (due.balances(), earned()) == ((4_000, 400), (1_500, 1_000, 0))
    again = due.release()
    assert (again.status, again.amount, again.sitter_fee) == ("paid", usd(11_900), usd(2_100))
    assert (due.hold.state, due.balances(), earned()) == ("released", (0, 0), (2_100, 1_400, 0))
    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [8_500, 3_400]
    assert [row.status for row in Release.objects.order_by("id")] == ["partial", "paid"]
    assert diary.moves[-4:] == ["releasing", "release_due", "releasing", "released"]
    assert ledger.check().ok


def test_both_refused_put_everything_back(due, stripe_sandbox):
    with refusing(8_500, 3_400):
        payout = due.release()
    assert (payout.status, payout.amount) == ("failed", usd(11_900))
    assert (due.hold.state, due.balances(), earned()) == ("release_due", (14_000, 1_400), (0, 0, 0))
    assert stripe_sandbox.objects("transfer") == []
    assert due.release().status == "paid"


def test_what_is_due_again_may_go_back_to_the_owner_instead(due, stripe_sandbox):
    with refusing(3_400):
        due.release()
    due.refund(4_000, 400)
    assert (due.hold.state, due.balances()) == ("release_due", (0, 0))
    assert services.release_due_payouts() == 0  # the sitter has it all: nothing travels any more
    a_day_passes()
    services.release_due_payouts()
    assert (due.hold.state, earned()) == ("released", (1_500, 1_000, 0))
    assert [row["amount"] for row in stripe_sandbox.objects("refund")] == [4_400]
    assert ledger.check().ok


def test_a_partial_refund_takes_from_the_newest_money_and_the_rest_is_paid(due, stripe_sandbox):
    due.refund(5_000, 0)
    due.release()
    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [7_650]  # 90.00 less 15 percent
    assert (due.balances(), earned()) == ((0, 0), (1_350, 1_400, 0))


def test_the_fee_of_two_attempts_is_the_fee_of_one(story, stripe_sandbox):
    """15 percent of 101.50 is 15.22; of what each attempt pays alone it would be 15.23."""
    story.pay()
    for change in ("a", "b", "c"):
        story.add(50, change=change)
    story.complete()
    a_day_passes()
    with refusing(43):
        story.release()
    assert story.hold.stay_left == usd(100)
    story.release()
    assert (system_balance("revenue_sitter_fee"), story.balances()) == (1_522, (0, 0))
    assert sum(row["amount"] for row in stripe_sandbox.objects("transfer")) == 10_150 - 1_522


def test_a_refund_returned_after_the_payout_is_sent_again_by_finance(due, agent, stripe_sandbox):
    due.refund(4_000)
    due.release()
    (refund,) = stripe_sandbox.objects("refund")
    stripe_sandbox.fail_refund(refund["id"])
    stripe_sandbox.deliver_webhooks()
    assert (due.hold.state, due.hold.frozen, due.hold.stay_left) == ("released", True, usd(4_000))
    assert due.balances() == (4_000, 0)
    view = StayPetEscrow.refund_again(booking_id=due.booking_id, actor=agent, reason="another card")
    assert (view.status, due.hold.state, due.balances()) == ("paid", "released", (0, 0))
    assert [row["status"] for row in stripe_sandbox.objects("refund")] == ["failed", "succeeded"]
    assert ledger.check().ok


def test_each_place_of_the_money_is_told_as_of_any_instant(due):
    def places(as_of=None):
        return {place.place: place.amount.amount_minor for place in selectors.whereabouts(due.booking_id, as_of)}

    before = business_now()
    advance_business_clock(60)
    with refusing(3_400):
        due.release()
    between = business_now()
    advance_business_clock(60)
    due.release()
    held = {"held_for_stay": 14_000, "owner_fee_not_yet_earned": 1_400}
    partly = {
        "held_for_stay": 4_000, "owner_fee_not_yet_earned": 400,
        "paid_to_sitter": 8_500, "sitter_fee": 1_500, "owner_fee": 1_000,
    }  # fmt: skip
    assert (places(before), places(between)) == (held, partly)
    assert places() == {"paid_to_sitter": 11_900, "sitter_fee": 2_100, "owner_fee": 1_400}


@pytest.mark.django_db(transaction=True)
def test_two_payout_runs_and_the_sitter_pay_each_funding_once(due, stripe_sandbox):
    race(services.release_due_payouts, services.release_due_payouts, due.release)
    swept(due.row.opened_at)
    assert sorted(row["amount"] for row in stripe_sandbox.objects("transfer")) == [3_400, 8_500]
    assert (due.hold.state, due.balances(), earned()) == ("released", (0, 0), (2_100, 1_400, 0))
