"""A change of the booking costs a difference: charged once, held with the rest, or gone back in full."""

import pytest
from django.db import transaction

from apps.common.errors import Conflict, InvalidInput, Unavailable
from apps.common.models import OutboxEvent
from apps.common.money import Money
from apps.escrow import listeners, services
from apps.escrow.models import Funding
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import DECLINED, NEEDS_BANK, VISA, a_day_passes, succeed_late, swept, usd
from apps.ledger import selectors as ledger
from apps.payments.models import Refund as GatewayRefund
from petwash.testing.races import race

MASTERCARD = "pm_card_mastercard"


@pytest.fixture
def paid(story):
    """A hold of 100.00 and 10.00."""
    story.pay()
    return story


def refusal_of(act) -> str:
    with pytest.raises(Conflict) as refusal:
        act()
    return refusal.value.code


def test_the_difference_is_held_with_the_rest(paid, diary):
    result = paid.add(4_000, 400)
    assert (result.payment_status, result.hold.state) == ("succeeded", "held")
    assert (paid.hold.stay, paid.hold.owner_fee) == (usd(14_000), usd(1_400))
    assert (paid.hold.stay_left, paid.hold.owner_fee_left) == (usd(14_000), usd(1_400))
    assert paid.balances() == (14_000, 1_400)
    assert (diary.moves, diary.funded) == (["held"], [paid.booking_id])
    event = OutboxEvent.objects.get(name="escrow.FundsAdded")
    assert (event.payload["change_id"], event.payload["amount_minor"]) == ("a-night-more", 4_400)
    assert ledger.check().ok


def test_a_change_is_paid_once_and_another_change_again(paid, stripe_sandbox):
    paid.add(4_000)
    assert refusal_of(lambda: paid.add(4_000)) == "already_paid"
    paid.add(4_000, change="two-nights-more")
    assert [charge["amount"] for charge in stripe_sandbox.objects("charge")] == [11_000, 4_000, 4_000]
    assert paid.balances() == (18_000, 1_000)


def test_a_decline_is_told_and_another_card_may_pay(paid):
    result = paid.add(4_000, card=DECLINED)
    assert (result.payment_status, result.failure_code) == ("failed", "card_declined")
    assert (paid.hold.stay, paid.balances()) == (usd(10_000), (10_000, 1_000))
    assert paid.add(4_000, card=VISA).payment_status == "succeeded"
    assert paid.balances() == (14_000, 1_000)


def test_a_bank_that_asks_its_holder_settles_by_webhook(paid, stripe_sandbox):
    result = paid.add(4_000, card=NEEDS_BANK)
    assert (result.payment_status, paid.balances()) == ("requires_action", (10_000, 1_000))
    assert paid.add(4_000, card=NEEDS_BANK).client_secret == result.client_secret is not None
    stripe_sandbox.authenticate(result.client_secret.split("_secret_")[0])
    stripe_sandbox.deliver_webhooks()
    assert (paid.hold.state, paid.hold.stay_left, paid.balances()) == ("held", usd(14_000), (14_000, 1_000))


def test_another_amount_replaces_an_attempt_that_waits(paid, stripe_sandbox):
    paid.add(4_000, card=NEEDS_BANK)
    paid.add(5_000, card=NEEDS_BANK)
    assert [intent["status"] for intent in stripe_sandbox.objects("payment_intent")] == [
        "succeeded", "canceled", "requires_action",
    ]  # fmt: skip
    assert Funding.objects.pending().get().stay_minor == 5_000


def test_a_lost_answer_is_found_again_and_charged_once(paid, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/payment_intents.*", "drop_answer", times=50)
    with pytest.raises(Unavailable) as refusal:
        paid.add(4_000)
    assert refusal.value.code == "payment_unconfirmed"
    assert paid.balances() == (10_000, 1_000)
    stripe_sandbox.repair()
    swept(paid.row.opened_at)
    assert paid.balances() == (14_000, 1_000)
    assert [charge["amount"] for charge in stripe_sandbox.objects("charge")] == [11_000, 4_000]
    assert refusal_of(lambda: paid.add(4_000)) == "already_paid"


@pytest.mark.parametrize(
    ("stay", "fee", "field"),
    [(-1, 0, "stay_minor"), (1, -1, "owner_fee_minor"), (0, 0, "amount_minor")],
)
def test_an_impossible_amount_is_named(paid, stripe_sandbox, stay, fee, field):
    with pytest.raises(InvalidInput) as refusal:
        paid.add(stay, fee)
    assert list(refusal.value.details) == [field]
    assert len(stripe_sandbox.objects("payment_intent")) == 1


def test_another_currency_and_a_change_without_a_name_are_refused(paid):
    def add(money: Money, change: str) -> list[str]:
        with pytest.raises(InvalidInput) as refusal:
            StayPetEscrow.add_funding(
                booking_id=paid.booking_id, change_id=change, stay=money, owner_fee=money,
                payment_method=VISA, actor=paid.owner,
            )  # fmt: skip
        return list(refusal.value.details)

    assert add(Money(100, "JPY"), "x") == ["currency"]
    assert add(usd(100), " ") == ["change_id"]
    assert Funding.objects.count() == 1


def test_nothing_is_added_where_nothing_is_held(story, agent, stripe_sandbox):
    assert refusal_of(lambda: story.add(1)) == "nothing_held"
    story.pay()
    StayPetEscrow.freeze(booking_id=story.booking_id, actor=agent, reason="a complaint")
    assert refusal_of(lambda: story.add(1)) == "escrow_frozen"
    StayPetEscrow.lift(booking_id=story.booking_id, actor=agent, reason="settled")
    story.complete()
    assert refusal_of(lambda: story.add(1)) == "nothing_held"
    a_day_passes()
    story.release()
    assert refusal_of(lambda: story.add(1)) == "nothing_held"
    assert len(stripe_sandbox.objects("payment_intent")) == 1


def test_a_refund_under_way_is_waited_for(paid, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    paid.refund(1_000)
    with pytest.raises(Conflict) as refusal:
        paid.add(4_000)
    assert (refusal.value.code, refusal.value.transient) == ("refund_in_progress", True)


def given_up(story) -> str:
    """An attempt for the difference that was cancelled; returns its payment."""
    story.add(4_000, 400, card=NEEDS_BANK)
    attempt = Funding.objects.pending().get()
    assert not services.cancel_attempts(story.booking_id)  # the first payment is there
    attempt.refresh_from_db()
    assert attempt.closed_at is not None
    return attempt.payment_id


def test_a_late_success_counts_while_the_money_is_held(paid):
    succeed_late(given_up(paid))
    assert (paid.hold.stay_left, paid.balances()) == (usd(14_000), (14_000, 1_400))
    assert not GatewayRefund.objects.exists()
    assert ledger.check().ok


def settle_return() -> None:
    """The gateway confirms the refund of what was not needed."""
    from apps.payments.gateways.port import MovementFacts
    from apps.payments.services.recording import record_refund

    row = GatewayRefund.objects.get(purpose="escrow_surplus")
    with transaction.atomic():
        record_refund(row.pk, MovementFacts("re_late", str(row.public_id), status="succeeded", amount=row.amount))


@pytest.mark.parametrize("end", ["released", "refunded"])
def test_a_late_success_after_the_end_goes_back_in_full(paid, end):
    payment = given_up(paid)
    if end == "released":
        paid.complete()
        a_day_passes()
        paid.release()
    else:
        paid.refund(10_000, 1_000)
    assert paid.hold.state == end
    succeed_late(payment)
    refund = GatewayRefund.objects.get(purpose="escrow_surplus")
    assert (refund.amount_minor, refund.subject) == (4_400, payment)
    assert (paid.hold.state, paid.hold.stay, paid.balances()) == (end, usd(10_000), (4_400, 0))
    settle_return()
    assert paid.balances() == (0, 0)
    assert ledger.check().ok


def test_a_late_success_of_a_change_that_another_card_paid_goes_back(paid):
    payment = given_up(paid)
    paid.add(4_000, 400, card=VISA)
    succeed_late(payment)
    assert GatewayRefund.objects.get().amount_minor == 4_400
    assert (paid.hold.stay_left, Funding.objects.get(surplus=True).payment_id) == (usd(14_000), payment)
    settle_return()
    assert paid.balances() == (14_000, 1_400)


def test_money_that_nobody_wants_any_more_goes_back(paid, monkeypatch):
    class Unwilling(listeners.HoldListener):
        def wants_change(self, hold, change_id):
            assert (hold.state, change_id) == ("held", "a-night-more")
            return False

    payment = given_up(paid)
    monkeypatch.setattr(listeners, "_listeners", [listeners.HoldListener(), Unwilling()])
    succeed_late(payment)
    assert GatewayRefund.objects.get().amount_minor == 4_400
    assert (paid.hold.stay_left, paid.balances()) == (usd(10_000), (14_400, 1_000))


def test_the_first_deposit_still_goes_back_when_it_comes_twice(story):
    story.pay(DECLINED)
    story.pay(VISA)
    story.add(4_000)
    succeed_late(Funding.objects.get(closed_at__isnull=False).payment_id)
    assert GatewayRefund.objects.get().amount_minor == 11_000
    assert story.hold.stay == usd(14_000)


@pytest.mark.django_db(transaction=True)
def test_four_who_pay_one_change_at_once_charge_once(paid, stripe_sandbox):
    race(*[lambda: paid.add(4_000)] * 4)
    assert [charge["amount"] for charge in stripe_sandbox.objects("charge")] == [11_000, 4_000]
    assert paid.balances() == (14_000, 1_000)


@pytest.mark.django_db(transaction=True)
def test_two_cards_for_one_change_charge_at_most_once(paid, stripe_sandbox):
    race(lambda: paid.add(4_000, card=VISA), lambda: paid.add(4_000, card=MASTERCARD))
    charged = [charge["amount"] for charge in stripe_sandbox.objects("charge") if charge["paid"]]
    assert charged in ([11_000], [11_000, 4_000])
    assert paid.balances() == (10_000 + sum(charged[1:]), 1_000)


@pytest.mark.django_db(transaction=True)
def test_a_refund_and_an_addition_at_once_keep_the_sum(paid, stripe_sandbox):
    race(lambda: paid.refund(10_000, 1_000), lambda: paid.add(4_000))
    charged = sum(charge["amount"] for charge in stripe_sandbox.objects("charge"))
    refunded = sum(refund["amount"] for refund in stripe_sandbox.objects("refund"))
    assert sum(paid.balances()) == charged - refunded
    assert ledger.check().ok
