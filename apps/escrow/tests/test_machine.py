"""Whatever is done to a hold in whatever order, its money is somewhere, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.common.clock import advance_business_clock, business_now
from apps.common.errors import DomainError
from apps.escrow import selectors, services
from apps.escrow.models import ClawBackPart, Dispute, Funding, HoldTransition, RefundPart, ReleasePart
from apps.escrow.services import StayPetEscrow, bank_refunds
from apps.escrow.services.arrivals import lies_unused
from apps.escrow.services.standings import standings_of, total_of
from apps.escrow.states import PAID_OUT, can_move
from apps.escrow.tests.holds import DECLINED, NEEDS_BANK, VISA, Story, a_day_passes, swept, usd
from apps.escrow.tests.paid_out import WEEK
from apps.escrow.tests.transfers import come_back, propose, reject, send
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments import services as payments
from apps.payments.gateways.current import gateway as payments_gateway
from apps.payments.gateways.port import GatewayRefused
from apps.payments.gateways.stripe_api import StripeGateway
from apps.payments.tests.fixtures import Sandbox
from petwash.testing.staff import member_of

CALLS = ["/v1/payment_intents.*", "/v1/transfers", "/v1/transfers/.*/reversals", "/v1/refunds"]
CHANGES = ["a-night-more", "another-pet"]
CARDS = st.sampled_from([VISA, DECLINED, NEEDS_BANK])


class HoldMachine(RuleBasedStateMachine):
    """Owner, sitter, staff, the clock, beat and a gateway that breaks, against one hold."""

    sandbox: Sandbox
    owner: Any
    sitter: Any
    agent: Any
    second: Any
    refusals: list[str]

    @initialize(
        stay=st.integers(50, 30_000),
        fee=st.integers(0, 5_000),
        begins=st.sampled_from(["new", "paid", "added", "due", "payable", "payable", "released", "released"]),
        waits=st.booleans(),
    )
    def open(self, stay: int, fee: int, begins: str, waits: bool) -> None:
        """Open a new hold, sometimes further on in its life; those of earlier runs stay where they are."""
        self.sandbox.repair()
        self.refusals.clear()
        with transaction.atomic():
            self.story = Story.open(str(uuid4()), self.owner, self.sitter, stay, fee)
        if begins != "new":
            self.story.pay()
        if begins in {"added", "due", "payable", "released"}:
            self.story.add(stay, fee)
            if waits:  # for the owner's bank, which may say yes when all is over
                self.story.add(stay, fee, NEEDS_BANK, CHANGES[1])
        if begins in {"due", "payable", "released"}:
            self.story.complete()
        if begins in {"payable", "released"}:
            a_day_passes()
        if begins == "released":
            self.attempt(self.story.release)

    @rule(card=CARDS)
    def pay(self, card: str) -> None:
        """The owner pays, or tries to."""
        self.attempt(lambda: self.story.pay(card))

    @rule(stay=st.integers(0, 9_000), fee=st.integers(0, 900), card=CARDS, change=st.sampled_from(CHANGES))
    def pay_a_change(self, stay: int, fee: int, card: str, change: str) -> None:
        """The owner pays the difference of a change, or tries to."""
        self.attempt(lambda: self.story.add(stay, fee, card, change))

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
    def two_equal_refunds(self) -> None:
        """The same amount twice, one after the other or side by side when the gateway is silent."""
        for _ in range(2):
            self.attempt(lambda: self.story.refund(500, 50))

    @rule()
    def a_bank_returns_a_refund(self) -> None:
        """Days later the owner's bank sends back what was confirmed."""
        for refund in self.gateway_refunds()[:1]:
            self.sandbox.fail_refund(refund["id"])
        self.sandbox.deliver_webhooks()

    @rule()
    def send_a_refused_refund_again(self) -> None:
        """Finance tries once more."""
        again = StayPetEscrow.refund_again
        self.attempt(lambda: again(booking_id=self.story.booking_id, actor=self.agent, reason="once more"))

    @rule(share=st.integers(1, 3))
    def propose_a_transfer(self, share: int) -> None:
        """Finance pays a share of what no card could take by bank transfer, or wants to."""

        def propose_some() -> None:
            owed = bank_refunds.owed_of(self.story.booking_id)
            stay, fee = owed.stay.amount_minor // share, owed.owner_fee.amount_minor // share
            propose(self.story, self.agent, stay, fee, f"PW-{uuid4().hex[:20]}")

        self.attempt(propose_some)

    @rule(what=st.sampled_from([send, send, reject, come_back]))
    def decide_on_a_transfer(self, what: Any) -> None:
        """A second person sends it, somebody rejects it, or the owner's bank sends it back."""
        row = self.story.row.bank_refunds.order_by("-id").first()
        if row is not None:
            self.attempt(lambda: what(row, self.second))

    @rule(stay=st.integers(0, 9_000), fee=st.integers(0, 900), spent=st.integers(0, 9_000))
    def claw_back(self, stay: int, fee: int, spent: int) -> None:
        """Finance takes a part of the payout back; some of it is not in the sitter's account any more."""
        self.take_back(StayPetEscrow.claw_back, spent, stay=usd(stay), owner_fee=usd(fee))

    @rule(spent=st.integers(0, 9_000))
    def claw_back_the_rest(self, spent: int) -> None:
        """All that the payout still stands for goes back."""
        paid = standings_of(self.story.row, charged_back=False)
        rest = total_of(paid, "USD")
        self.take_back(StayPetEscrow.claw_back, spent, stay=rest.stay, owner_fee=rest.owner_fee)

    @rule(amount=st.integers(1, 9_000))
    def recover(self, amount: int) -> None:
        """Finance lets the sitter bear a part of a lost dispute."""
        self.take_back(StayPetEscrow.recover, 0, amount=usd(amount))

    @rule(amount=st.integers(1, 3_000))
    def give(self, amount: int) -> None:
        """Finance gives the owner money of ours."""
        give = StayPetEscrow.goodwill
        self.attempt(
            lambda: give(booking_id=self.story.booking_id, amount=usd(amount), reason="a gift", actor=self.agent)
        )

    @rule(which=st.integers(0, 2), share=st.integers(1, 4), inquiry=st.booleans())
    def a_bank_disputes(self, which: int, share: int, inquiry: bool) -> None:
        """The owner's bank disputes a charge, all of it or a part, or asks about it first."""
        charges = [charge for charge in self.charges() if not charge["disputed"]]
        for charge in charges[which : which + 1]:
            amount = max(charge["amount"] // share, 1)
            self.sandbox.dispute(charge["id"], amount=str(amount), inquiry=str(inquiry).lower())
        self.sandbox.deliver_webhooks()

    @rule(outcome=st.sampled_from(["won", "lost", "escalated"]))
    def the_bank_decides(self, outcome: str) -> None:
        """The bank decides the oldest dispute that it has not decided."""
        for dispute in self.undecided()[:1]:
            if outcome != "escalated" or dispute["status"].startswith("warning"):
                self.sandbox.resolve_dispute(dispute["id"], outcome)
        self.sandbox.advance_clock(60)
        self.sandbox.deliver_webhooks()

    @rule(kind=st.sampled_from(["transfer", "refund"]))
    def the_next_one_is_refused(self, kind: str) -> None:
        """The gateway refuses one transfer or refund for good: of two, the other one passes."""
        self.refusals.append(kind)

    @rule()
    def ask_for_the_payout(self) -> None:
        """The sitter asks; before the instant it must be refused."""
        hold = self.story.hold
        outcome = self.attempt(self.story.release)
        early = hold.release_due_at is None or hold.release_due_at > business_now()
        if hold.state == "release_due" and early:
            assert outcome in {"hold_not_elapsed", "escrow_frozen", "payment_disputed"}

    @rule(refused=st.booleans(), late=st.booleans())
    def run_payouts(self, refused: bool, late: bool) -> None:
        """Beat kicks; one transfer may be refused, and the owner's bank may say yes to a change afterwards."""
        if refused:
            self.refusals.append("transfer")
        services.release_due_payouts()
        if late:
            self.the_bank_says_yes()

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
        self.refusals.clear()
        swept(self.story.row.opened_at - timedelta(days=9999))

    @invariant()
    def every_cent_is_somewhere(self) -> None:
        """Held + refunded + released is what was paid, by component, in the books."""
        row = self.story.row
        stay, fee = self.story.balances()
        paid_stay = sum(funding.stay_minor for funding in self.fundings())
        paid_fee = sum(funding.owner_fee_minor for funding in self.fundings())
        out_stay, out_fee = self.out()
        assert stay - self.surplus() + row.stay_refunded_minor + out_stay == paid_stay
        assert fee + row.owner_fee_refunded_minor + out_fee == paid_fee
        if paid_stay:
            assert (row.stay_minor, row.owner_fee_minor) == (paid_stay, paid_fee)

    @invariant()
    def what_is_left_is_what_is_promised_to_nobody(self) -> None:
        """Funding by funding, and together as the hold says and as the books say."""
        left = [0, 0]
        for funding in self.fundings():
            gone: list[Any] = [
                *funding.refund_parts.exclude(status="failed"),
                *funding.release_parts.exclude(status="failed"),
            ]
            back = ClawBackPart.objects.filter(release_part__funding=funding).exclude(status="in_transit")
            lost = Dispute.objects.filter(funding=funding)
            stay_gone = sum(part.stay_minor for part in gone) - sum(part.stay_minor for part in back)
            fee_gone = sum(part.owner_fee_minor for part in gone) - sum(part.owner_fee_minor for part in back)
            stay_gone += sum(dispute.stay_lost_minor for dispute in lost)
            fee_gone += sum(dispute.owner_fee_lost_minor for dispute in lost)
            assert funding.stay_left_minor == funding.stay_minor - stay_gone
            assert funding.owner_fee_left_minor == funding.owner_fee_minor - fee_gone
            left = [left[0] + funding.stay_left_minor, left[1] + funding.owner_fee_left_minor]
        row = self.story.row
        assert [row.stay_left_minor, row.owner_fee_left_minor] == left
        going = RefundPart.objects.filter(refund__hold=row, status="in_transit")
        stay, fee = self.story.balances()
        assert stay - self.surplus() == left[0] + sum(part.stay_minor for part in going)
        assert fee == left[1] + sum(part.owner_fee_minor for part in going)
        assert going.exists() == (row.state == "refunding") or row.state in {*PAID_OUT, "clawing_back"}

    @invariant()
    def the_gateway_moved_nothing_twice(self) -> None:
        """One charge that counts for the stay and each change; no charge gives more than it brought."""
        charges = self.charges()
        assert self.story.row.fundings.counting().count() <= 1 + len(CHANGES)
        assert len({funding.change_id for funding in self.fundings()}) == len(self.fundings())
        for charge in charges:
            back = [r["amount"] for r in self.gateway_refunds() if r["payment_intent"] == charge["payment_intent"]]
            sent = [t for t in self.transfers() if t["source_transaction"] == charge["id"]]
            assert sum(back) <= charge["amount"]
            assert sum(t["amount"] for t in sent) <= charge["amount"]
            gifts = sum(gift.amount_minor for gift in self.story.row.goodwills.exclude(status="failed"))
            clawed = sum(part.stay_minor + part.owner_fee_minor for part in self.clawed())
            assert sum(back) + sum(t["amount"] for t in sent) <= charge["amount"] + gifts + clawed

    @invariant()
    def both_fees_are_earned_once(self) -> None:
        """The sitter's fee is 15 percent of all that the sitter earned, however many transfers it took."""
        parts = self.released()
        assert len({(part.funding_id, part.release_id) for part in parts}) == len(parts)
        if self.story.hold.state == "released":
            assert sum(part.owner_fee_minor for part in parts) <= self.story.row.owner_fee_minor

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
        """In the end the books are in order, and say what the gateway says."""
        if hasattr(self, "story"):
            self.repair_and_sweep()
            self.sandbox.deliver_webhooks()
            self.repair_and_sweep()
            for row in self.story.row.bank_refunds.filter(status="proposed"):
                reject(row, self.second)
            self.every_cent_is_somewhere()
            self.what_is_left_is_what_is_promised_to_nobody()
            self.the_gateway_moved_nothing_twice()
            self.nothing_stands_still()
        # Whatever was done to this hold and to those before it: our books say what the gateway says.
        cash = ledger.balance(AccountRef("stripe_clearing"), "USD").amount_minor
        assert cash == sum(row["net"] for row in self.sandbox.objects("balance_transaction"))
        assert ledger.check().ok

    def nothing_stands_still(self) -> None:
        """With the gateway's answers in, only banks and staff are waited for."""
        row = self.story.row
        assert row.state not in {"refunding", "releasing"}
        assert not row.releases.filter(status="in_transit").exists()
        if row.state == "clawing_back":
            (waiting,) = row.claw_backs.under_way()
            assert waiting.last_problem
        decided = not row.disputes.undecided().exists()
        assert (row.disputed_at is None) == decided
        if decided:
            assert not self.in_suspense()

    def fundings(self) -> list[Funding]:
        """Return what was paid into the hold."""
        return list(self.story.row.fundings.counting())

    def released(self) -> list[ReleasePart]:
        """Return what left for the sitter and did not come back."""
        return list(ReleasePart.objects.filter(release__hold=self.story.row).exclude(status="failed"))

    def clawed(self) -> list[ClawBackPart]:
        """Return what was taken back of payouts."""
        return list(ClawBackPart.objects.filter(claw_back__hold=self.story.row).exclude(status="in_transit"))

    def out(self) -> tuple[int, int]:
        """Return what the payouts stand for, by component: what left, less what was taken back for the owner."""
        out, back = self.released(), self.clawed()
        stay = sum(part.stay_minor for part in out) - sum(part.stay_minor for part in back)
        return stay, sum(part.owner_fee_minor for part in out) - sum(part.owner_fee_minor for part in back)

    def take_back(self, act: Any, spent: int, **wanted: Any) -> None:
        """Claw back or recover, after the sitter has had some of the money paid out."""
        self.sandbox.advance_clock(WEEK)
        for account in self.sandbox.objects("account"):
            if spent and self.story.hold.state in PAID_OUT:
                self.spend(account["id"], spent)
        self.attempt(lambda: act(booking_id=self.story.booking_id, reason="because", actor=self.agent, **wanted))

    def spend(self, account_id: str, amount: int) -> None:
        """Pay out of the sitter's account, as far as it holds that."""
        has = payments_gateway().payee_balance(account_id).available.get("USD")
        if has is not None and has.amount_minor >= amount:
            self.sandbox.spend(account_id, amount=str(amount), currency="usd")

    def undecided(self) -> list[Any]:
        """Return the gateway's disputes of this hold that are open, oldest first."""
        charges = {charge["id"] for charge in self.charges()}
        rows = [d for d in self.sandbox.objects("dispute") if d["charge"] in charges]
        return [dispute for dispute in rows if dispute["status"] not in {"won", "lost", "warning_closed"}]

    def in_suspense(self) -> int:
        """Return what this hold's banks keep without having decided."""
        places = selectors.whereabouts(self.story.booking_id)
        return sum(place.amount.amount_minor for place in places if place.place == "withdrawn_by_bank")

    def surplus(self) -> int:
        """Return what was paid too much and has not gone back."""
        rows = self.story.row.fundings.filter(surplus=True)
        there = sum(funding.total_in("USD").amount_minor for funding in rows if lies_unused(funding))
        return there - sum(dispute.stay_lost_minor for dispute in Dispute.objects.filter(funding__in=rows))

    def intents(self) -> list[Any]:
        """Return the gateway's intents for this hold."""
        group = self.story.booking_id
        return [i for i in self.sandbox.objects("payment_intent") if i["transfer_group"] == group]

    def charges(self) -> list[Any]:
        """Return the charges that brought money."""
        intents = {intent["id"] for intent in self.intents()}
        return [c for c in self.sandbox.objects("charge") if c["payment_intent"] in intents and c["paid"]]

    def transfers(self) -> list[Any]:
        """Return the gateway's transfers to the sitter."""
        group = self.story.booking_id
        return [t for t in self.sandbox.objects("transfer") if t["transfer_group"] == group]

    def gateway_refunds(self) -> list[Any]:
        """Return the gateway's refunds that did not come back."""
        intents = {intent["id"] for intent in self.intents()}
        refunds = [r for r in self.sandbox.objects("refund") if r["payment_intent"] in intents]
        return [refund for refund in refunds if refund["status"] == "succeeded"]

    def attempt(self, act: Any) -> str:
        """Do it; a refusal is an answer, its code is returned."""
        try:
            act()
        except DomainError as refusal:
            return refusal.code
        return ""


@contextmanager
def refusing(refusals: list[str]) -> Iterator[None]:
    """Let the gateway refuse what is ordered, once each."""
    calls = {"transfer": StripeGateway.transfer, "refund": StripeGateway.refund}

    def refuse_or(kind: str) -> Any:
        def call(gateway: StripeGateway, request: Any, *, key: str) -> Any:
            if kind in refusals:
                refusals.remove(kind)
                raise GatewayRefused("account_closed", "No.")
            return calls[kind](gateway, request, key=key)  # type: ignore[operator]  # a method of the class

        return call

    with (
        patch.object(StripeGateway, "transfer", refuse_or("transfer")),
        patch.object(StripeGateway, "refund", refuse_or("refund")),
    ):
        yield


def test_a_hold_survives_everything(owner: Any, sitter_user: Any, agent: Any, stripe_sandbox: Sandbox) -> None:
    payments.open_payee_account(sitter_user)

    class Machine(HoldMachine):
        sandbox, sitter = stripe_sandbox, sitter_user

    Machine.owner, Machine.agent, Machine.refusals = owner, agent, []
    Machine.second = member_of("Finance")
    with refusing(Machine.refusals):
        run_state_machine_as_test(Machine, settings=settings(max_examples=8, stateful_step_count=18, deadline=None))
