"""What Stripe documents about disputes."""

from typing import Any

import pytest
import stripe

from apps.payments.tests.conformance import Client, Target, charged, disputed, refused, transferred
from apps.payments.tests.conformance import payee as payee_at

DAY = 24 * 3600


@pytest.fixture
def client(target: Target) -> Client:
    """The SDK as the adapter sets it up."""
    return target.client


def answer(client: Client, dispute: str, text: str, **fields: Any) -> Any:
    """Send evidence."""
    return client.disputes.update(dispute, {"evidence": {"uncategorized_text": text}, **fields})


class TestChargebacks:
    """docs.stripe.com/disputes/how-disputes-work, docs.stripe.com/testing#disputes"""

    def test_one_takes_the_amount_and_a_fee(self, client: Client, target: Target) -> None:
        paid, dispute = disputed(target)
        assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 10_000)
        assert dispute.is_charge_refundable is False
        assert client.charges.retrieve(paid.latest_charge).disputed is True
        (taken,) = dispute.balance_transactions
        assert (taken.type, taken.reporting_category, taken.amount) == ("adjustment", "dispute", -10_000)
        assert taken.fee >= 1_500
        assert taken.net == -10_000 - taken.fee

    def test_the_reason_is_the_cards(self, target: Target) -> None:
        _, dispute = disputed(target, "pm_card_createDisputeProductNotReceived")
        assert dispute.reason == "product_not_received"

    def test_its_charge_is_not_refunded(self, client: Client, target: Target) -> None:
        """docs.stripe.com/error-codes#charge-disputed"""
        paid, _ = disputed(target)
        error = refused(lambda: client.refunds.create({"payment_intent": paid.id, "amount": 100}))
        assert (type(error), error.code) == (stripe.InvalidRequestError, "charge_disputed")
        assert client.refunds.list({"payment_intent": paid.id}).data == []

    def test_one_that_is_won_gives_the_amount_back_and_keeps_the_fee(self, client: Client, target: Target) -> None:
        """docs.stripe.com/testing#disputes (winning_evidence), support.stripe.com (dispute fees)"""
        paid, dispute = disputed(target)
        assert answer(client, dispute.id, "winning_evidence").status == "under_review"
        assert target.wait_for(lambda: len(client.disputes.retrieve(dispute.id).balance_transactions) == 2)
        after = client.disputes.retrieve(dispute.id)
        assert (after.status, after.is_charge_refundable) == ("won", True)
        returned = next(row for row in after.balance_transactions if row.amount > 0)
        assert (returned.amount, returned.fee, returned.reporting_category) == (10_000, 0, "dispute_reversal")
        assert client.refunds.create({"payment_intent": paid.id, "amount": 100}).amount == 100

    def test_one_that_is_lost_gives_nothing_back(self, client: Client, target: Target) -> None:
        """docs.stripe.com/testing#disputes (losing_evidence)"""
        _, dispute = disputed(target)
        answer(client, dispute.id, "losing_evidence")
        assert target.wait_for(lambda: client.disputes.retrieve(dispute.id).status == "lost")
        assert len(client.disputes.retrieve(dispute.id).balance_transactions) == 1

    def test_closing_accepts_the_loss_for_good(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/disputes/close"""
        paid, dispute = disputed(target)
        assert client.disputes.close(dispute.id).status == "lost"
        for again in (lambda: client.disputes.close(dispute.id), lambda: answer(client, dispute.id, "late")):
            assert isinstance(refused(again), stripe.InvalidRequestError)
        assert refused(lambda: client.refunds.create({"payment_intent": paid.id})).code == "charge_disputed"

    def test_evidence_may_be_staged(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/disputes/update#update_dispute-submit"""
        _, dispute = disputed(target)
        staged = answer(client, dispute.id, "winning_evidence", submit=False)
        assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
        assert staged.evidence_details.submission_count == 0
        sent = client.disputes.update(dispute.id, {"submit": True})
        assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)

    def test_they_are_listed_by_charge_and_payment(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/disputes/list"""
        paid, dispute = disputed(target)
        for fields in ({"charge": paid.latest_charge}, {"payment_intent": paid.id}):
            assert [row.id for row in client.disputes.list(fields).data] == [dispute.id]

    def test_each_step_is_told(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/events/types (charge.dispute.*)"""
        _, dispute = disputed(target)
        answer(client, dispute.id, "winning_evidence")
        steps = ("created", "funds_withdrawn", "updated", "funds_reinstated", "closed")
        expected = {f"charge.dispute.{step}" for step in steps}

        def told() -> set[str]:
            rows = client.events.list({"types": sorted(expected), "limit": 100}).data
            mine = {row.type for row in rows if row.data.object["id"] == dispute.id}
            return mine if mine >= expected else set()

        assert target.wait_for(told) == expected

    def test_an_unknown_one_is_missing(self, client: Client) -> None:
        error = refused(lambda: client.disputes.retrieve("du_nobody"))
        assert (error.http_status, error.code) == (404, "resource_missing")

    @pytest.mark.needs_sandbox("weeks pass")
    def test_without_an_answer_in_time_it_is_lost(self, client: Client, target: Target) -> None:
        """docs.stripe.com/disputes/responding"""
        _, dispute = disputed(target)
        target.sandbox.advance_clock(15 * DAY)
        after = client.disputes.retrieve(dispute.id)
        assert (after.status, after.evidence_details.past_due) == ("lost", True)

    @pytest.mark.needs_sandbox("a bank that disputes a part, when it is told to")
    def test_a_part_may_be_disputed(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/disputes/object (amount)"""
        paid = charged(target)
        made = target.sandbox.dispute(paid.latest_charge, amount=4_000, reason="duplicate")
        assert (made["amount"], made["reason"]) == (4_000, "duplicate")
        assert [row["amount"] for row in made["balance_transactions"]] == [-4_000]
        path = f"/_sandbox/charges/{paid.latest_charge}/dispute"
        assert target.sandbox.post(path, amount=6_001).status_code == 400
        assert target.sandbox.post(path, reason="no_reason").status_code == 400
        target.sandbox.dispute(paid.latest_charge, amount=6_000)
        assert target.sandbox.post(path).status_code == 400
        assert len(client.disputes.list({"charge": paid.latest_charge}).data) == 2

    @pytest.mark.needs_sandbox("the account's balance must be empty")
    def test_one_may_take_more_than_there_is(self, client: Client, target: Target) -> None:
        """docs.stripe.com/disputes/how-disputes-work: the platform's balance becomes negative."""
        account = payee_at(target)
        transferred(target, account, 10_000)
        paid = charged(target, "pm_card_createDispute")
        assert client.disputes.list({"payment_intent": paid.id}).data[0].status == "needs_response"
        assert [row.amount for row in client.balance.retrieve().available] == [-11_500]
        fields = {"amount": 1, "currency": "usd", "destination": account}
        assert refused(lambda: client.transfers.create(fields)).code == "balance_insufficient"

    @pytest.mark.needs_sandbox("a bank that decides when it is told to")
    @pytest.mark.parametrize(("outcome", "left"), [("won", -1_500), ("lost", -11_500)])
    def test_a_bank_decides(self, client: Client, target: Target, outcome: str, left: int) -> None:
        charged(target, "pm_card_createDispute")
        (dispute,) = target.sandbox.objects("dispute")
        target.sandbox.resolve_dispute(dispute["id"], outcome)
        assert client.disputes.retrieve(dispute["id"]).status == outcome
        assert [row.amount for row in client.balance.retrieve().available] == [left]
        again = target.sandbox.post(f"/_sandbox/disputes/{dispute['id']}/resolve", outcome="won")
        assert again.status_code == 400
        assert [row.amount for row in client.balance.retrieve().available] == [left]


class TestInquiries:
    """docs.stripe.com/disputes/how-disputes-work#inquiries"""

    def test_one_takes_nothing_and_leaves_the_charge_refundable(self, client: Client, target: Target) -> None:
        paid, dispute = disputed(target, "pm_card_createDisputeInquiry")
        assert (dispute.status, dispute.balance_transactions) == ("warning_needs_response", [])
        assert dispute.is_charge_refundable is True
        assert client.refunds.create({"payment_intent": paid.id, "amount": 100}).status == "succeeded"

    def test_evidence_puts_it_under_review(self, client: Client, target: Target) -> None:
        _, dispute = disputed(target, "pm_card_createDisputeInquiry")
        assert answer(client, dispute.id, "here it is").status == "warning_under_review"

    def test_one_may_become_a_chargeback(self, client: Client, target: Target) -> None:
        """docs.stripe.com/testing#disputes (escalate_inquiry_evidence)"""
        _, dispute = disputed(target, "pm_card_createDisputeInquiry")
        answer(client, dispute.id, "escalate_inquiry_evidence")
        assert target.wait_for(lambda: client.disputes.retrieve(dispute.id).balance_transactions)
        after = client.disputes.retrieve(dispute.id)
        assert (after.status, after.is_charge_refundable) == ("needs_response", False)
        assert after.balance_transactions[0].amount == -10_000

    def test_what_was_refunded_during_it_fails_when_it_escalates(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/refunds/object (failure_reason charge_for_pending_refund_disputed)"""
        paid, dispute = disputed(target, "pm_card_createDisputeInquiry")
        made = client.refunds.create({"payment_intent": paid.id, "amount": 2_000})
        answer(client, dispute.id, "escalate_inquiry_evidence")
        assert target.wait_for(lambda: client.refunds.retrieve(made.id).status == "failed")
        assert client.refunds.retrieve(made.id).failure_reason == "charge_for_pending_refund_disputed"

    @pytest.mark.needs_sandbox("months pass")
    def test_one_that_nobody_escalates_is_over_after_120_days(self, client: Client, target: Target) -> None:
        paid, dispute = disputed(target, "pm_card_createDisputeInquiry")
        target.sandbox.advance_clock(121 * DAY)
        after = client.disputes.retrieve(dispute.id)
        assert (after.status, after.balance_transactions) == ("warning_closed", [])
        assert client.refunds.create({"payment_intent": paid.id}).status == "succeeded"

    @pytest.mark.needs_sandbox("an inquiry that is closed at once")
    def test_refunding_all_of_the_charge_ends_it(self, client: Client, target: Target) -> None:
        paid, dispute = disputed(target, "pm_card_createDisputeInquiry")
        client.refunds.create({"payment_intent": paid.id})
        assert client.disputes.retrieve(dispute.id).status == "warning_closed"
