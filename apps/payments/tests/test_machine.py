"""Whatever goes wrong in whatever order, our payment and the gateway's end up telling the same story."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from apps.common.clock import real_now
from apps.payments import selectors, services
from apps.payments.models import Operation, Transition, WebhookEvent
from apps.payments.stripe_sandbox.store import Body
from apps.payments.tests.conftest import Diary, prepare
from apps.payments.tests.fixtures import Sandbox
from apps.payments.tests.test_outages import Killed, kill_after

CARDS = ["pm_card_visa", "pm_card_chargeDeclined", "pm_card_authenticationRequired"]
ENDS = {"succeeded": "succeeded", "canceled": "cancelled"}
TROUBLE = st.sampled_from(["", "drop_request", "drop_answer", "fail_500", "kill"])
STEP = st.sampled_from(["create_intent", "confirm_intent"])
PATHS = {"create_intent": "/v1/payment_intents", "confirm_intent": "/v1/payment_intents/[^/]+/confirm"}


class PaymentMachine(RuleBasedStateMachine):
    """One payment, its payer, a gateway that fails, processes that die, webhooks in any order."""

    sandbox: ClassVar[Sandbox]
    diary: ClassVar[Diary]

    @initialize(card=st.sampled_from(CARDS))
    def begin(self, card: str) -> None:
        """Prepare the payment."""
        self.diary.lines.clear()
        self.payment = prepare(card=card)

    @rule(trouble=TROUBLE, step=STEP)
    def execute(self, trouble: str, step: str) -> None:
        """Charge, with something going wrong on the way."""
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            if trouble == "kill":
                kill_after(patch, step)
            elif trouble:
                self._fault(PATHS[step], trouble)
            services.execute_payment(self.payment.id)
        self.sandbox.repair()

    @rule(trouble=st.sampled_from(["", "drop_request", "drop_answer", "fail_500"]))
    def cancel(self, trouble: str) -> None:
        """Cancel, with something going wrong on the way."""
        if trouble:
            self._fault("/v1/payment_intents/[^/]+/cancel", trouble)
        services.cancel_payment(self.payment.id)
        self.sandbox.repair()

    @precondition(lambda self: self._status() == "requires_action")
    @rule(outcome=st.sampled_from(["succeed", "fail"]))
    def authenticate(self, outcome: str) -> None:
        """The payer answers."""
        (intent,) = self._intents()
        self.sandbox.authenticate(intent["id"], outcome)

    @rule(choice=st.randoms(use_true_random=False))
    def webhooks(self, choice: Any) -> None:
        """Some of the events arrive, in any order, some twice."""
        events = [event for event in self.sandbox.events() if self._is_ours(event["data"]["object"])]
        for event in choice.choices(events, k=3) if events else []:
            assert self.sandbox.post_webhook(event).status_code == 200
        services.process_due()

    @rule()
    def time_passes(self) -> None:
        """Leases and waits run out, and the sweeps come by."""
        past = real_now() - timedelta(seconds=1)
        Operation.objects.update(next_attempt_at=past)
        Operation.objects.filter(lease_until__isnull=False).update(lease_until=past)
        WebhookEvent.objects.update(next_attempt_at=past)
        services.resume_stale()
        services.process_due()

    def teardown(self) -> None:
        """Once everything works again both sides agree, and nothing is left open."""
        if not hasattr(self, "payment"):
            return
        for _ in range(4):
            self.sandbox.deliver_webhooks()
            self.time_passes()
        view = selectors.payment(self.payment.id)
        charged = [row for row in self.sandbox.objects("charge") if self._is_ours(row) and row["paid"]]
        assert len(charged) == (view.status == "succeeded")
        assert self.diary.told.count("succeeded") == len(charged)
        assert view.status in {"succeeded", "failed", "cancelled", "requires_action"}
        live = [intent for intent in self._intents() if intent["status"] not in ENDS]
        assert len(live) == (view.status == "requires_action")
        self._agree_on_history(view.status)

    def _agree_on_history(self, status: str) -> None:
        moves = Transition.objects.filter(subject_id=self.payment.id).order_by("id")
        assert [move.to_status for move in moves] == self.diary.told
        assert self.diary.told[-1] == status
        open_ones = Operation.objects.filter(payment__public_id=self.payment.id)
        assert not open_ones.exclude(status__in=["succeeded", "failed"]).exists()

    def _fault(self, path: str, trouble: Any) -> None:
        self.sandbox.server.faults.add("POST", path, trouble, times=1 if trouble == "fail_500" else 3)

    def _intents(self) -> list[Body]:
        return [intent for intent in self.sandbox.objects("payment_intent") if self._is_ours(intent)]

    def _is_ours(self, body: Body) -> bool:
        return bool(body.get("metadata", {}).get("payment_id") == self.payment.id)

    def _status(self) -> str:
        intents = self._intents()
        return str(intents[0]["status"]) if len(intents) == 1 else ""


@pytest.mark.django_db
def test_both_sides_end_up_with_the_same_story(stripe_sandbox: Sandbox, diary: Diary) -> None:
    PaymentMachine.sandbox, PaymentMachine.diary = stripe_sandbox, diary
    run_state_machine_as_test(
        PaymentMachine, settings=settings(max_examples=20, stateful_step_count=8, deadline=None, derandomize=True)
    )
