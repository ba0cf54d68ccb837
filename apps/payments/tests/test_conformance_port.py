"""The adapter keeps the port's promises over HTTP, at the sandbox and at Stripe's test mode."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from apps.common.clock import real_now
from apps.common.money import Money
from apps.payments.gateways.port import (
    AccountRequest,
    BalanceFacts,
    GatewayKeySpent,
    GatewayRefused,
    GatewayUncertain,
    IntentFacts,
    IntentRequest,
    PaymentGateway,
    RefundRequest,
    ReversalRequest,
    TransferRequest,
)
from apps.payments.stripe_sandbox.faults import Effect
from apps.payments.tests.conformance import Target, disputed, payee, transferred


@pytest.fixture
def port(target: Target) -> PaymentGateway:
    """The adapter."""
    return target.port


def usd(minor: int) -> Money:
    """Return cents."""
    return Money(minor, "USD")


@pytest.fixture
def request_of(target: Target) -> Callable[..., IntentRequest]:
    """A payment to be made."""

    def made(card: str = "pm_card_visa", amount: Money | None = None) -> IntentRequest:
        return IntentRequest(target.fresh("payment"), amount or usd(10_000), card, target.fresh("group"), {})

    return made


@pytest.fixture
def paid(target: Target, request_of: Callable[..., IntentRequest]) -> Callable[..., IntentFacts]:
    """A payment that was made."""

    def made(**fields: object) -> IntentFacts:
        created = target.port.create_intent(request_of(**fields), key=target.fresh())
        return target.port.confirm_intent(created.id, key=target.fresh())

    return made


@pytest.mark.parametrize(
    "amount", [Money(5_000, "JPY"), Money(5_000, "ISK"), Money(12_340, "KWD"), Money(10_000, "USD")]
)
def test_minor_units_are_the_currencys_own(paid: Callable[..., IntentFacts], amount: Money) -> None:
    """docs.stripe.com/currencies#zero-decimal"""
    assert paid(amount=amount).received == amount


def test_a_decline_is_a_fact(target: Target, request_of: Callable[..., IntentRequest]) -> None:
    asked = request_of("pm_card_chargeDeclined")
    created = target.port.create_intent(asked, key=target.fresh())
    facts = target.port.confirm_intent(created.id, key=target.fresh())
    assert (facts.status, facts.failure_code, facts.payment_id) == ("failed", "card_declined", asked.payment_id)


def test_cancelling_too_late_tells_the_success(target: Target, paid: Callable[..., IntentFacts]) -> None:
    assert target.port.cancel_intent(paid().id, key=target.fresh()).status == "succeeded"


def test_what_is_not_there_is_none(target: Target, port: PaymentGateway, paid: Callable[..., IntentFacts]) -> None:
    assert port.retrieve_intent("pi_nobody") is None
    assert port.retrieve_refund("re_nobody") is None
    assert port.retrieve_transfer("tr_nobody") is None
    assert port.retrieve_dispute("du_nobody") is None
    assert port.find_refund(paid().id, "nothing") is None
    assert port.find_transfer(target.fresh("group"), "nothing") is None


def test_an_account_that_is_not_ours_is_none(port: PaymentGateway) -> None:
    """docs.stripe.com/error-codes#account-invalid"""
    assert port.retrieve_account("acct_nobody") is None


def test_movements_are_found_by_our_ids(target: Target, port: PaymentGateway, paid: Callable[..., IntentFacts]) -> None:
    charged, destination, group = paid(), payee(target), target.fresh("group")
    sent = TransferRequest("transfer-1", charged.charge_id, destination, usd(50), group)
    moved = port.transfer(sent, key=target.fresh())
    returned = port.refund(RefundRequest("refund-1", charged.id, usd(60)), key=target.fresh())
    assert port.find_transfer(group, "transfer-1") == port.retrieve_transfer(moved.id) == moved
    assert port.find_refund(charged.id, "refund-1") == port.retrieve_refund(returned.id) == returned


def test_an_account_is_found_by_our_id(target: Target, port: PaymentGateway) -> None:
    opened = AccountRequest(target.fresh("payee"), "p@example.com", "US", real_now())
    made = port.open_account(opened, key=target.fresh())
    assert port.find_account(opened) == port.retrieve_account(made.id) == made


def test_a_refusal_carries_its_code(
    target: Target, port: PaymentGateway, request_of: Callable[..., IntentRequest]
) -> None:
    with pytest.raises(GatewayRefused) as refusal:
        port.create_intent(request_of(amount=usd(1)), key=target.fresh())
    assert refusal.value.code == "amount_too_small"


def test_a_reversal_is_found_by_our_id(target: Target, port: PaymentGateway) -> None:
    sent = transferred(target, payee(target), 8_000)
    back = port.reverse_transfer(ReversalRequest("reversal-1", sent.id, usd(3_000)), key=target.fresh())
    assert (back.our_id, back.status, back.amount) == ("reversal-1", "succeeded", usd(3_000))
    assert port.find_reversal(sent.id, "reversal-1") == back
    assert port.find_reversal(sent.id, "reversal-2") is None


def test_a_reversal_beyond_the_payees_balance_is_refused(target: Target, port: PaymentGateway) -> None:
    """docs.stripe.com/connect/separate-charges-and-transfers#reverse-transfers: pending money does not count."""
    sent = transferred(target, payee(target), 8_000, card="pm_card_visa")
    with pytest.raises(GatewayRefused) as refusal:
        port.reverse_transfer(ReversalRequest("reversal-1", sent.id, usd(8_000)), key=target.fresh())
    assert refusal.value.code == "balance_insufficient"
    assert port.find_reversal(sent.id, "reversal-1") is None


def test_a_payees_balance_is_its_own(target: Target, port: PaymentGateway) -> None:
    """docs.stripe.com/connect/account-balances#check-balances"""
    account = payee(target)
    transferred(target, account, 8_000)
    transferred(target, account, 1_000, card="pm_card_visa")
    assert port.payee_balance(account).available["USD"] == usd(8_000)
    assert port.payee_balance(account).pending["USD"] == usd(1_000)


def test_the_balance_of_nobodys_account_is_refused(port: PaymentGateway) -> None:
    """docs.stripe.com/error-codes#account-invalid"""
    with pytest.raises(GatewayRefused) as refusal:
        port.payee_balance("acct_nobody")
    assert refusal.value.code == "account_invalid"


def test_a_dispute_tells_what_was_taken(target: Target, port: PaymentGateway) -> None:
    paid_intent, dispute = disputed(target)
    facts = port.retrieve_dispute(dispute.id)
    assert facts is not None
    assert (facts.intent_id, facts.charge_id) == (paid_intent.id, paid_intent.latest_charge)
    assert (facts.status, facts.reason) == ("needs_response", "fraudulent")
    assert (facts.amount, facts.withdrawn) == (usd(10_000), usd(10_000))
    assert facts.fee.amount_minor >= 1_500
    assert facts.evidence_due_at is not None
    assert facts.evidence_due_at > datetime.fromtimestamp(dispute.created, tz=UTC)


def test_an_inquiry_takes_nothing(target: Target, port: PaymentGateway) -> None:
    _, dispute = disputed(target, "pm_card_createDisputeInquiry")
    facts = port.retrieve_dispute(dispute.id)
    assert facts is not None
    assert (facts.status, facts.withdrawn, facts.fee) == ("warning_needs_response", usd(0), usd(0))


def test_a_won_dispute_has_nothing_withdrawn(target: Target, port: PaymentGateway) -> None:
    _, dispute = disputed(target)
    target.client.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})

    def won() -> bool:
        facts = port.retrieve_dispute(dispute.id)
        return facts is not None and (facts.status, facts.withdrawn) == ("won", usd(0))

    assert target.wait_for(won)


def test_events_are_told_from_a_time_on(target: Target, port: PaymentGateway, paid: Callable[..., IntentFacts]) -> None:
    made = paid()
    since = real_now() - timedelta(minutes=5)
    told = target.wait_for(
        lambda: [fact for fact in port.events_since(since) if (fact.object_id, fact.type) == (made.id, SUCCEEDED)]
    )
    (event,) = told
    assert event.created_at >= since
    assert list(port.events_since(real_now() + timedelta(days=1))) == []


SUCCEEDED = "payment_intent.succeeded"


def test_entries_of_a_window_tell_what_moved(
    target: Target, port: PaymentGateway, paid: Callable[..., IntentFacts]
) -> None:
    made = paid(card="pm_card_bypassPending")
    now = real_now()
    rows = [
        row
        for row in port.balance_entries(now - timedelta(minutes=5), now + timedelta(minutes=5))
        if row.source_id == made.charge_id
    ]
    (entry,) = rows
    assert (entry.type, entry.amount, entry.status) == ("charge", usd(10_000), "available")
    assert entry.net.amount_minor == entry.amount.amount_minor - entry.fee.amount_minor
    before = port.balance_entries(now - timedelta(days=2), now - timedelta(days=1))
    assert made.charge_id not in {row.source_id for row in before}


@pytest.mark.needs_sandbox("250 events of one's own, and their exact number")
def test_more_than_a_page_is_told(target: Target, port: PaymentGateway, paid: Callable[..., IntentFacts]) -> None:
    for _ in range(40):
        paid()
    since = real_now() - timedelta(minutes=5)
    assert len({fact.id for fact in port.events_since(since)}) == 120
    entries = list(port.balance_entries(since, real_now() + timedelta(minutes=1)))
    assert [entry.type for entry in entries] == ["charge"] * 40


@pytest.mark.needs_sandbox("the sums of an account that nobody else uses")
def test_the_balance_is_told_by_currency(
    target: Target, port: PaymentGateway, paid: Callable[..., IntentFacts]
) -> None:
    paid()
    target.sandbox.advance_clock(3 * 24 * 3600)
    assert port.balance() == BalanceFacts(available={"USD": usd(10_000)}, pending={})


@pytest.mark.needs_sandbox("faults are ordered")
@pytest.mark.parametrize(
    ("effect", "error"),
    [
        ("conflict", GatewayUncertain),
        ("rate_limit", GatewayUncertain),
        ("lock_timeout", GatewayUncertain),
        ("fail_500_before", GatewayUncertain),
        ("drop_answer", GatewayUncertain),
        ("fail_500", GatewayKeySpent),
        ("fail_500_after", GatewayKeySpent),
    ],
)
def test_what_tells_nothing_is_uncertain_and_a_kept_fault_spends_the_key(
    target: Target, request_of: Callable[..., IntentRequest], effect: Effect, error: type[Exception]
) -> None:
    """A key in use must never be taken for one that is spent: a new key at that moment could pay twice."""
    target.sandbox.fault("POST", "/v1/payment_intents", effect, times=3)
    with pytest.raises(error):
        target.port.create_intent(request_of(), key=target.fresh())
