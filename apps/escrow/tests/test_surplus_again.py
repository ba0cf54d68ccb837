"""A payment that was not needed and could not go back is sent again by Finance, as often as it takes."""

import pytest

from apps.common.errors import Conflict
from apps.escrow.models import Funding
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import DECLINED, fail_refund, succeed_late
from apps.payments.models import Refund


@pytest.fixture
def twice(story):
    """A hold that was paid, and whose first attempt brought money late."""
    story.pay(DECLINED)
    story.pay()
    succeed_late(Funding.objects.order_by("id")[0].payment_id)
    return story


def again(story, agent) -> None:
    StayPetEscrow.surplus_again(booking_id=story.booking_id, actor=agent, reason="the card works again")


def test_only_what_was_refused_is_sent_again(twice, agent):
    with pytest.raises(Conflict) as refusal:
        again(twice, agent)
    assert (refusal.value.code, Refund.objects.count()) == ("no_refused_surplus", 1)


def test_a_refused_one_is_another_refund_and_the_money_is_held_until_it_arrives(twice, agent):
    first = Refund.objects.get()
    fail_refund(str(first.public_id))
    assert (twice.balances(), twice.hold.frozen) == ((21_000, 1_000), True)
    again(twice, agent)
    second = Refund.objects.exclude(pk=first.pk).get()
    assert (second.amount_minor, second.purpose, twice.hold.state) == (11_000, first.purpose, "held")
