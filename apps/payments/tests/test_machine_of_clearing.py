"""Whatever moves in whatever order: our clearing account says what lies at the gateway, cent by cent."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.db.models import Q
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.common.clock import real_now
from apps.common.errors import Conflict
from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.ledger import selectors as ledger
from apps.ledger import services as posting
from apps.ledger.types import AccountRef, credit, debit
from apps.payments import selectors, services
from apps.payments.models import Dispute, Operation, Payment, Refund, Reversal, Transfer, WebhookEvent
from apps.payments.states import OPEN_OPERATIONS
from apps.payments.stripe_sandbox.context import DAY, Rules
from apps.payments.stripe_sandbox.store import Body
from apps.payments.tests.conftest import Diary, paid, prepare, usd
from apps.payments.tests.fixtures import Sandbox
from apps.payments.tests.test_moving import refund, transfer
from apps.payments.tests.test_outages import Killed, kill_after
from apps.payments.tests.test_reversing import reversal
from apps.payments.types import PayeeView

TROUBLE = st.sampled_from(["", "", "drop_request", "drop_answer", "fail_500", "kill"])
WHICH, PER_CENT = st.integers(0, 1), st.integers(1, 100)
PATHS = {
    "confirm_intent": "/v1/payment_intents/[^/]+/confirm",
    "refund": "/v1/refunds",
    "transfer": "/v1/transfers",
    "reverse_transfer": "/v1/transfers/[^/]+/reversals",
}
OURS = ("refund_id", "transfer_id", "reversal_id", "payment_id")
STALE = timedelta(seconds=1)


class Bookkeeper(Diary):
    """Posts what a purpose is told, against the platform's own goodwill."""

    def note(self, line: str, view: Any) -> None:
        """Write the line and post what moved."""
        super().note(line, view)
        moved = {
            "succeeded": lambda: view.amount,
            "refund_succeeded": lambda: -view.amount,
            "transfer_succeeded": lambda: -view.amount,
            "reversal_succeeded": lambda: view.reversed,
            "refund_failed": lambda: view.amount if ("refund_succeeded", view.id) in self.heard[:-1] else usd(0),
        }.get(line)
        if moved and (amount := moved()):
            self._post(f"test:{line}:{view.id}", amount)

    @property
    def heard(self) -> list[tuple[str, str]]:
        """What was told, and of what."""
        return [(line, view.id) for line, view in self.lines]

    def _post(self, key: str, amount: Money) -> None:
        come, gone = AccountRef("stripe_clearing"), AccountRef("goodwill")
        if amount.amount_minor < 0:
            come, gone, amount = gone, come, -amount
        posting.post(kind="test.move", key=key, legs=[debit(come, amount), credit(gone, amount)])


class ClearingMachine(RuleBasedStateMachine):
    """Payments, refunds, transfers, reversals, disputes and payouts, at a gateway that fails, told in any order."""

    sandbox: ClassVar[Sandbox]
    books: ClassVar[Bookkeeper]
    payee: ClassVar[PayeeView]

    @initialize()
    def begin(self) -> None:
        """Start with one payment."""
        self.books.lines.clear()
        self.payments = [paid(10_000)]

    @rule(trouble=TROUBLE)
    def pay(self, trouble: str) -> None:
        """Charge once more, at most."""
        if len(self.payments) == 1:
            self.payments.append(prepare(9_001))
        self._with("confirm_intent", trouble, lambda: services.execute_payment(self.payments[1].id))

    @rule(which=WHICH, share=PER_CENT, trouble=TROUBLE)
    def give_back(self, which: int, share: int, trouble: str) -> None:
        """Refund a share of what is left."""
        self._move_out(which, share, refund, "refund", services.execute_refund, trouble)

    @rule(which=WHICH, share=PER_CENT, trouble=TROUBLE)
    def pay_on(self, which: int, share: int, trouble: str) -> None:
        """Transfer a share of what is left."""

        def prepared(payment: Any, amount: Money) -> Any:
            return transfer(payment, amount, self.payee.id)

        self._move_out(which, share, prepared, "transfer", services.execute_transfer, trouble)

    @rule(which=WHICH, share=PER_CENT, trouble=TROUBLE)
    def take_back(self, which: int, share: int, trouble: str) -> None:
        """Reverse a share of the last transfer that settled."""
        rows = selectors.transfers_of(self._payment(which).id)
        settled = [row for row in rows if row.status == "succeeded"]
        left = selectors.reversible(Transfer.objects.get(public_id=settled[-1].id)) if settled else usd(0)
        amount = usd(left.amount_minor * share // 100)
        if amount:
            view = reversal(settled[-1], amount)
            self._with("reverse_transfer", trouble, lambda: services.execute_reversal(view.id))

    @rule(share=PER_CENT)
    def payee_spends(self, share: int) -> None:
        """The payee pays a share of what is available out: reversals then bring less, or nothing."""
        self.sandbox.advance_clock(8 * DAY)
        account = str(self.payee.provider_account_id)
        held = sum(net for _, free, net in self.sandbox.server.store.funds(account) if free)
        if held * share // 100 > 0:
            self.sandbox.spend(account, amount=held * share // 100)

    @rule(share=PER_CENT)
    def platform_pays_out(self, share: int) -> None:
        """Some of the platform's available money goes to its bank."""
        self.sandbox.advance_clock(3 * DAY)
        free = sum(net for _, free, net in self.sandbox.server.store.funds("") if free) * share // 100
        if free > 0:
            self.sandbox.post("/v1/payouts", amount=free, currency="usd").raise_for_status()

    @rule(which=WHICH, share=PER_CENT, inquiry=st.booleans())
    def dispute(self, which: int, share: int, inquiry: bool) -> None:
        """The payer's bank takes a part back, or only asks; refused when all of it is disputed already."""
        charge = Payment.objects.get(public_id=self._payment(which).id).charge_id
        if charge:
            form = {"amount": 10_000 * share // 100, "inquiry": "true" if inquiry else "false"}
            assert self.sandbox.post(f"/_sandbox/charges/{charge}/dispute", **form).status_code in {200, 400}

    @rule(outcome=st.sampled_from(["won", "lost", "escalated"]))
    def decide(self, outcome: str) -> None:
        """The bank decides the dispute that is open longest."""
        ours = {row["id"] for row in self.sandbox.objects("charge") if self._is_ours(row)}
        ended = {"won", "lost", "warning_closed"}
        rows = [row for row in self.sandbox.objects("dispute") if row["charge"] in ours and row["status"] not in ended]
        if rows:
            self.sandbox.resolve_dispute(rows[0]["id"], outcome)

    @rule()
    def bank_returns_a_refund(self) -> None:
        """The last refund that arrived does not reach its payer after all."""
        rows = [row for row in self.sandbox.objects("refund") if row["status"] == "succeeded" and self._is_known(row)]
        if rows:
            self.sandbox.fail_refund(rows[-1]["id"])

    @rule(choice=st.randoms(use_true_random=False))
    def webhooks(self, choice: Any) -> None:
        """Some of the last events arrive, in any order, some twice."""
        events = self.sandbox.events()[-12:]
        for event in choice.choices(events, k=4) if events else []:
            assert self.sandbox.post_webhook(event).status_code == 200
        services.process_due()

    @rule()
    def time_passes(self) -> None:
        """Leases and waits run out, and the sweeps come by."""
        past = real_now() - STALE
        Operation.objects.update(next_attempt_at=past)
        Operation.objects.filter(lease_until__isnull=False).update(lease_until=past)
        WebhookEvent.objects.update(next_attempt_at=past)
        services.resume_stale()
        services.process_due()

    @invariant()
    def the_books_are_the_gateways_balance(self) -> None:
        """Clearing plus what we wait to hear is the balance, and for each of those something is still to come."""
        if not hasattr(self, "payments"):
            return
        there, here = self._at_the_gateway(), self._in_our_rows()
        balance = sum(net for _, _, net in self.sandbox.server.store.funds(""))
        assert sum(there.values()) == balance
        assert ledger.balance(AccountRef("stripe_clearing"), "USD").amount_minor == sum(here.values())
        paid_out = {source: net for source, net in there.items() if source.startswith("po_")}
        behind = {source for source in there.keys() | here.keys() if there.get(source) != here.get(source)}
        assert [source for source in behind - paid_out.keys() if not self._is_awaited(source)] == []

    def teardown(self) -> None:
        """Once everything has arrived the two agree to the cent, nothing is open and nothing was told twice."""
        if not hasattr(self, "payments"):
            return
        self.sandbox.repair()
        for _ in range(4):
            self.sandbox.deliver_webhooks()
            self.time_passes()
        there, here = self._at_the_gateway(), self._in_our_rows()
        assert {source: net for source, net in there.items() if not source.startswith("po_")} == here
        assert not Operation.objects.filter(status__in=OPEN_OPERATIONS).exists()
        assert not WebhookEvent.objects.exclude(status__in=["processed", "ignored"]).exists()
        told = [line for line in self.books.heard if line[0] != "dispute_opened"]
        assert len(told) == len(set(told))
        suspense = sum(row.withdrawn_minor for row in Dispute.objects.filter(lost_at__isnull=True))
        assert ledger.balance(AccountRef("dispute_suspense"), "USD").amount_minor == suspense

    def _move_out(
        self, which: int, share: int, prepared: Callable[..., Any], call: str, run: Callable[[str], Any], trouble: str
    ) -> None:
        payment = self._payment(which)
        left = selectors.uncommitted(payment.id).amount_minor
        if selectors.payment(payment.id).status != "succeeded" or left * share < 100:
            return
        amount = usd(left * share // 100)
        if selectors.open_dispute(payment.id):
            with pytest.raises(Conflict, match="bank disputes"):
                prepared(payment, amount)
            return
        view = prepared(payment, amount)
        self._with(call, trouble, lambda: run(view.id))

    def _with(self, call: str, trouble: str, run: Callable[[], Any]) -> None:
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            if trouble == "kill":
                kill_after(patch, call)
            elif trouble:
                times = 1 if trouble == "fail_500" else 3
                effect: Any = trouble
                self.sandbox.server.faults.add("POST", PATHS[call], effect, times=times)
            run()
        self.sandbox.repair()

    def _payment(self, which: int) -> Any:
        return self.payments[which % len(self.payments)]

    def _is_ours(self, charge: Body) -> bool:
        return charge["metadata"].get("payment_id") in {payment.id for payment in self.payments}

    def _is_known(self, row: Body) -> bool:
        mine = Refund.objects.filter(payment__public_id__in=[payment.id for payment in self.payments])
        return mine.filter(provider_id=row["id"]).exists()

    def _at_the_gateway(self) -> dict[str, int]:
        sums: dict[str, int] = {}
        for row in self.sandbox.objects("balance_transaction"):
            sums[row["source"]] = sums.get(row["source"], 0) + row["net"]
        return {source: net for source, net in sums.items() if net}

    def _in_our_rows(self) -> dict[str, int]:
        fee = self.sandbox.server.api.rules.fee_of
        done = Q(status="succeeded")
        rows = [(row.charge_id, row.amount_minor - fee(row.amount_minor)) for row in Payment.objects.filter(done)]
        rows += [(str(row.provider_id), -row.amount_minor) for row in Refund.objects.filter(done)]
        rows += [(str(row.provider_id), -row.amount_minor) for row in Transfer.objects.filter(done)]
        rows += [(str(row.provider_id), row.reversed_minor) for row in Reversal.objects.filter(done)]
        rows += [(row.provider_id, -row.withdrawn_minor - row.fee_minor) for row in Dispute.objects.all()]
        return {source: net for source, net in rows if net}

    def _is_awaited(self, source: str) -> bool:
        """Tell whether an open operation, or an event that is not processed yet, will bring the source's news."""
        kinds = ("charge", "refund", "transfer", "transfer_reversal", "dispute")
        found = [body for kind in kinds if (body := self.sandbox.server.store.get(kind, source))]
        if not found:
            return False
        named = next((found[0]["metadata"][name] for name in OURS if name in found[0]["metadata"]), "")
        if our_id := parse_public_id(named):
            open_calls = Operation.objects.filter(status__in=OPEN_OPERATIONS)
            of_ours = Q(payment__public_id=our_id) | Q(refund__public_id=our_id)
            of_ours |= Q(transfer__public_id=our_id) | Q(reversal__public_id=our_id)
            if open_calls.filter(of_ours).exists():
                return True
        processed = set(WebhookEvent.objects.filter(status="processed").values_list("provider_event_id", flat=True))
        about = [event for event in self.sandbox.events() if event["data"]["object"]["id"] == source]
        return any(event["id"] not in processed for event in about)


@pytest.fixture
def sandbox_rules() -> Rules:
    """Charges and disputes cost fees, as they do."""
    return Rules(fee_pct=Decimal("2.9"), fee_fixed=30)


@pytest.mark.django_db
def test_the_clearing_account_is_the_gateways_balance(
    stripe_sandbox: Sandbox, payee: PayeeView, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.payments import purposes

    monkeypatch.setattr(purposes, "_HANDLERS", dict(purposes._HANDLERS))
    books = Bookkeeper()
    purposes.register_purpose(books)
    ClearingMachine.sandbox, ClearingMachine.books, ClearingMachine.payee = stripe_sandbox, books, payee
    run_state_machine_as_test(
        ClearingMachine,
        settings=settings(
            max_examples=15, stateful_step_count=10, deadline=None, derandomize=True, phases=[Phase.generate]
        ),
    )
