"""Whatever happened, at any instant each cent is somewhere, and the places add up to what had been paid."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.common.clock import advance_business_clock, business_now
from apps.common.errors import DomainError
from apps.escrow import selectors, services
from apps.escrow.models import RefundPart
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import Story, a_day_passes, fail_refund, swept, usd
from apps.escrow.tests.paid_out import WEEK, claw, spend
from apps.payments import services as payments
from apps.payments.tests.fixtures import Sandbox

TICK = timedelta(microseconds=1)


def places(story: Story, as_of: datetime | None = None) -> dict[str, int]:
    """Return where the money was, and make sure that it adds up."""
    then = selectors.money_of(story.booking_id, as_of)
    found: dict[str, int] = {}
    for place in then.places:
        found[place.place] = found.get(place.place, 0) + place.amount.amount_minor
    assert sum(found.values()) == then.paid_in.amount_minor
    return found


def test_a_claw_back_that_came_up_short_is_told_as_a_debt(released, agent, stripe_sandbox):
    before = business_now()
    advance_business_clock(1)
    spend(stripe_sandbox, 6_000)
    claw(released, 4_000, 0, agent)
    assert places(released) == {
        "refunded_to_owner": 4_000, "paid_to_sitter": 5_100, "sitter_fee": 900, "owner_fee": 1_000,
    }  # fmt: skip
    whys = {place.place: place.why for place in selectors.whereabouts(released.booking_id)}
    assert "debt" in whys["paid_to_sitter"]
    assert places(released, before) == {"paid_to_sitter": 8_500, "sitter_fee": 1_500, "owner_fee": 1_000}


def test_goodwill_is_shown_as_our_money(released, agent):
    StayPetEscrow.goodwill(booking_id=released.booking_id, amount=usd(3_000), reason="sorry", actor=agent)
    assert places(released) == {
        "refunded_to_owner": 3_000, "our_goodwill": -3_000, "paid_to_sitter": 8_500, "sitter_fee": 1_500,
        "owner_fee": 1_000,
    }  # fmt: skip


def test_a_dispute_is_shown_while_it_is_open_and_after(released, stripe_sandbox):
    dispute = stripe_sandbox.dispute(stripe_sandbox.objects("charge")[0]["id"])
    stripe_sandbox.deliver_webhooks()
    during = business_now()
    paid = {"paid_to_sitter": 8_500, "sitter_fee": 1_500, "owner_fee": 1_000}
    assert places(released) == {**paid, "withdrawn_by_bank": 11_000, "advanced_by_us": -11_000}
    advance_business_clock(1)
    stripe_sandbox.resolve_dispute(dispute["id"], "lost")
    stripe_sandbox.deliver_webhooks()
    assert places(released) == {**paid, "returned_by_bank": 11_000, "our_loss": -11_000}
    assert places(released, during)["withdrawn_by_bank"] == 11_000
    assert selectors.money_of(released.booking_id, during).disputed
    assert not selectors.money_of(released.booking_id).disputed


def test_what_a_payout_keeps_for_a_debt_is_shown(released, agent, stripe_sandbox):
    spend(stripe_sandbox, 8_500)
    claw(released, 10_000, 1_000, agent)
    with transaction.atomic():
        story = Story.open(str(uuid4()), released.owner, released.sitter, 20_000)
    story.pay()
    story.complete()
    a_day_passes()
    story.release()
    assert places(story) == {
        "paid_to_sitter": 8_500, "kept_for_sitters_debt": 8_500, "sitter_fee": 3_000, "owner_fee": 1_000,
    }  # fmt: skip


class History:
    """What may happen to a hold; each step is tried, a refusal is an answer."""

    def __init__(self, story: Story, agent: Any, sandbox: Sandbox) -> None:
        self.story, self.agent, self.sandbox = story, agent, sandbox

    def step(self, name: str, minor: int) -> None:
        """Take one step; the clock and the gateway go on after it."""
        with suppress(DomainError):
            getattr(self, name)(minor)
        advance_business_clock(60)

    def pay(self, minor: int) -> None:
        self.story.pay()

    def add(self, minor: int) -> None:
        self.story.add(minor + 1, minor // 10, change=str(minor))

    def complete(self, minor: int) -> None:
        self.story.complete()
        a_day_passes()

    def release(self, minor: int) -> None:
        self.story.release()
        self.sandbox.advance_clock(WEEK)

    def refund(self, minor: int) -> None:
        self.story.refund(minor, minor // 10)

    def bank_returns(self, minor: int) -> None:
        part = RefundPart.objects.filter(refund__hold=self.story.row, status="paid").first()
        if part is not None:
            fail_refund(part.gateway_refund_id)

    def claw(self, minor: int) -> None:
        claw(self.story, minor, minor // 10, self.agent)

    def recover(self, minor: int) -> None:
        StayPetEscrow.recover(booking_id=self.story.booking_id, amount=usd(minor), reason="why", actor=self.agent)

    def goodwill(self, minor: int) -> None:
        StayPetEscrow.goodwill(booking_id=self.story.booking_id, amount=usd(minor), reason="why", actor=self.agent)

    def freeze(self, minor: int) -> None:
        StayPetEscrow.freeze(booking_id=self.story.booking_id, actor=self.agent, reason="why")

    def dispute(self, minor: int) -> None:
        for charge in self.charges():
            if not charge["disputed"]:
                self.sandbox.dispute(charge["id"], amount=str(max(1, min(minor, charge["amount"]))))
        self.sandbox.deliver_webhooks()

    def decide(self, minor: int) -> None:
        charges = {charge["id"] for charge in self.charges()}
        for dispute in self.sandbox.objects("dispute"):
            if dispute["charge"] in charges and dispute["status"] == "needs_response":
                self.sandbox.resolve_dispute(dispute["id"], "won" if minor % 2 else "lost")
        self.sandbox.deliver_webhooks()
        services.continue_claw_backs()

    def sitter_spends(self, minor: int) -> None:
        (account,) = self.sandbox.objects("account")
        self.sandbox.post(f"/_sandbox/accounts/{account['id']}/spend", amount=str(max(minor, 1)))

    def breaks(self, minor: int) -> None:
        path = ("/v1/refunds", "/v1/transfers/.*/reversals", "/v1/transfers")[minor % 3]
        self.sandbox.fault("POST", path, "drop_answer", 20)

    def repair(self, minor: int) -> None:
        self.sandbox.repair()
        swept(self.story.row.opened_at)
        services.continue_claw_backs()

    def charges(self) -> list[Any]:
        """Return the charges of this hold."""
        intents = {
            intent["id"]
            for intent in self.sandbox.objects("payment_intent")
            if intent["transfer_group"] == self.story.booking_id
        }
        return [charge for charge in self.sandbox.objects("charge") if charge["payment_intent"] in intents]


STEPS = [
    "add", "complete", "release", "refund", "bank_returns", "claw", "recover", "goodwill", "freeze", "dispute",
    "decide", "sitter_spends", "breaks", "repair",
]  # fmt: skip


def test_every_instant_of_every_history_adds_up(owner, sitter_user, agent, stripe_sandbox, db):
    payments.open_payee_account(sitter_user)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9_000)), max_size=7),
        st.booleans(),
    )
    def walk(steps: list[tuple[str, int]], paid_out: bool) -> None:
        stripe_sandbox.repair()
        began = business_now() - TICK
        with transaction.atomic():
            story = Story.open(str(uuid4()), owner, sitter_user)
        history = History(story, agent, stripe_sandbox)
        opening = [("pay", 0), *([("complete", 0), ("release", 0)] if paid_out else [])]
        told = []
        for name, minor in [*opening, *steps]:
            history.step(name, minor)
            told.append((business_now(), places(story)))
            advance_business_clock(1)
        for instant, then in told:
            assert places(story, instant) == then, "the past does not change"
        assert places(story, began) == {}
        step = (business_now() - began) / 20
        for number in range(20):
            places(story, began + number * step)

    walk()
