"""Whatever is done to a hold in whatever order, its money is somewhere, once."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.common.clock import advance_business_clock, business_now
from apps.common.errors import DomainError
from apps.escrow import services
from apps.escrow.models import HoldTransition
from apps.escrow.services import StayPetEscrow
from apps.escrow.states import can_move
from apps.escrow.tests.holds import DECLINED, NEEDS_BANK, VISA, Story
from apps.ledger import selectors as ledger
from apps.payments import services as payments
from apps.payments.models import Operation
from apps.payments.tests.fixtures import Sandbox

CALLS = ["/v1/payment_intents.*", "/v1/transfers", "/v1/refunds"]


class HoldMachine(RuleBasedStateMachine):
    """Owner, sitter, staff, the clock, beat and a gateway that breaks, against one hold."""

    sandbox: Sandbox
    owner: Any
    sitter: Any
    agent: Any

    @initialize(stay=st.integers(1, 30_000), fee=st.integers(0, 5_000), begins=st.sampled_from(["new", "paid", "due"]))
    def open(self, stay: int, fee: int, begins: str) -> None:
        """Open a new hold, sometimes further on in its life; those of earlier runs stay where they are."""
        self.sandbox.repair()
        self.stay, self.fee = stay, fee
        with transaction.atomic():
            self.story = Story.open(str(uuid4()), self.owner, self.sitter, stay, fee)
        if begins != "new":
            self.story.pay()
        if begins == "due":
            self.story.complete()

    @rule(card=st.sampled_from([VISA, DECLINED, NEEDS_BANK]))
    def pay(self, card: str) -> None:
        """The owner pays, or tries to."""
        self.attempt(lambda: self.story.pay(card))

    @rule()
    def the_bank_says_yes(self) -> None:
        """3-D Secure is confirmed; the webhook tells."""
        for intent in self.intents():
            if intent["status"] == "requires_action":
                self.sandbox.authenticate(intent["id"])
        self.sandbox.deliver_webhooks()

    @rule()
    def expire(self) -> None:
        """What an expiry does: cancel attempts, then end the hold."""

        def void() -> None:
            if services.cancel_attempts(self.story.booking_id):
                with transaction.atomic():
                    services.void_unpaid(booking_id=self.story.booking_id, actor=None, reason="late")

        self.attempt(void)

    @rule(hours=st.integers(0, 48))
    def complete(self, hours: int) -> None:
        """The stay ends; its scheduled end is that many hours ahead."""
        self.attempt(lambda: self.story.complete(timedelta(hours=hours)))

    @rule(stay=st.integers(-1, 30_000), fee=st.integers(0, 5_000))
    def refund(self, stay: int, fee: int) -> None:
        """Staff refunds some amount, possible or not."""
        self.attempt(lambda: self.story.refund(stay, fee))

    @rule()
    def refund_the_rest(self) -> None:
        """Everything that is left goes back."""
        hold = self.story.hold
        self.attempt(lambda: self.story.refund(hold.stay_left.amount_minor, hold.owner_fee_left.amount_minor))

    @rule()
    def ask_for_the_payout(self) -> None:
        """The sitter asks; before the instant it must be refused."""
        hold = self.story.hold
        outcome = self.attempt(self.story.release)
        early = hold.release_due_at is None or hold.release_due_at > business_now()
        if hold.state == "release_due" and early:
            assert outcome in {"hold_not_elapsed", "escrow_frozen"}

    @rule()
    def run_payouts(self) -> None:
        """Beat kicks."""
        services.release_due_payouts()

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours: int) -> None:
        """The business clock goes on."""
        advance_business_clock(hours * 3600)

    @rule(freeze=st.booleans())
    def block(self, freeze: bool) -> None:
        """Staff freezes or lifts."""
        change = StayPetEscrow.freeze if freeze else StayPetEscrow.lift
        self.attempt(lambda: change(booking_id=self.story.booking_id, actor=self.agent, reason="because"))

    @rule(path=st.sampled_from(CALLS), effect=st.sampled_from(["drop_request", "drop_answer"]))
    def break_the_gateway(self, path: str, effect: Any) -> None:
        """From now on one kind of call gets no answer."""
        self.sandbox.fault("POST", path, effect, 20)

    @rule()
    def repair_and_sweep(self) -> None:
        """The gateway is back; the sweep finishes what hangs."""
        self.sandbox.repair()
        Operation.objects.update(next_attempt_at=self.story.row.opened_at - timedelta(days=9999), lease_until=None)
        payments.resume_stale(limit=1_000)

    @invariant()
    def every_cent_is_somewhere(self) -> None:
        """Held + refunded + released is what was paid, in the books and at the gateway."""
        row = self.story.row
        stay, fee = self.story.balances()
        alive = row.releases.exclude(status="failed").first()
        out = alive.payout_minor + alive.sitter_fee_minor if alive else 0
        funded = row.fundings.filter(captured_at__isnull=False, surplus=False).exists()
        assert stay + row.stay_refunded_minor + out == (self.stay if funded else 0)
        earned = alive.owner_fee_minor if alive else 0
        assert fee + row.owner_fee_refunded_minor + earned == (self.fee if funded else 0)

    @invariant()
    def the_gateway_moved_nothing_twice(self) -> None:
        """One charge that counts, at most one transfer, no more refunds than were paid."""
        intents = {intent["id"] for intent in self.intents()}
        charges = [c for c in self.sandbox.objects("charge") if c["payment_intent"] in intents and c["paid"]]
        assert len(charges) <= 1
        group = self.story.booking_id
        transfers = [t for t in self.sandbox.objects("transfer") if t["transfer_group"] == group]
        assert len(transfers) <= 1
        refunds = [r["amount"] for r in self.sandbox.objects("refund") if r["payment_intent"] in intents]
        moved = sum(refunds) + sum(transfer["amount"] for transfer in transfers)
        assert moved <= sum(charge["amount"] for charge in charges)

    @invariant()
    def the_history_leads_to_the_state(self) -> None:
        """Each transition begins where the one before ended, and the last one is where the hold stands."""
        moves = list(HoldTransition.objects.filter(hold=self.story.row).order_by("id"))
        at = "awaiting_funds"
        for step in moves:
            assert step.old_state == at
            assert can_move(step.old_state, step.new_state)
            at = step.new_state
        assert self.story.hold.state == at

    def teardown(self) -> None:
        """In the end the books are in order."""
        if hasattr(self, "story"):
            self.repair_and_sweep()
            self.every_cent_is_somewhere()
            self.the_gateway_moved_nothing_twice()
        assert ledger.check().ok

    def intents(self) -> list[Any]:
        """Return the gateway's intents for this hold."""
        group = self.story.booking_id
        return [i for i in self.sandbox.objects("payment_intent") if i["transfer_group"] == group]

    def attempt(self, act: Any) -> str:
        """Do it; a refusal is an answer, its code is returned."""
        try:
            act()
        except DomainError as refusal:
            return refusal.code
        return ""


def test_a_hold_survives_everything(owner: Any, sitter_user: Any, agent: Any, stripe_sandbox: Sandbox) -> None:
    payments.open_payee_account(sitter_user)

    class Machine(HoldMachine):
        sandbox, sitter = stripe_sandbox, sitter_user

    Machine.owner, Machine.agent = owner, agent
    run_state_machine_as_test(Machine, settings=settings(max_examples=20, stateful_step_count=15, deadline=None))
