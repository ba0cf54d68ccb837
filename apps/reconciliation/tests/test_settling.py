"""Finance settles breaks: owned, explained, or settled by a journal that a second person looks at."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.common.errors import Conflict, DomainError, Forbidden, InvalidInput
from apps.common.models import AuditEntry
from apps.ledger import selectors as books
from apps.ledger.types import AccountRef
from apps.payments.tests.fixtures import Sandbox
from apps.reconciliation import services
from apps.reconciliation.models import Break, BreakChange, Proposal
from apps.reconciliation.tests.conftest import CLEARING, behind_our_back, book, sale, usd
from petwash.testing.races import crowd
from petwash.testing.staff import member_of

pytestmark = pytest.mark.django_db
FEES = AccountRef("stripe_fees")
WHY = "the monthly invoice"


@pytest.fixture
def fee_break(shop: Sandbox) -> Break:
    """A fee that nobody posts."""
    book(shop, "stripe_fee", -200)
    services.reconcile()
    return Break.objects.get()


def story(row: Break) -> list[tuple[str, str]]:
    """Return what happened to a break."""
    return list(BreakChange.objects.filter(break_row=row).order_by("id").values_list("what", "to_status"))


def test_a_journal_needs_two_people_and_settles_the_break(fee_break: Break, clerk: Any, colleague: Any) -> None:
    key = str(fee_break.public_id)
    services.propose(actor=clerk, break_id=key, counter_account="stripe_fees", reason=WHY)
    assert books.balance(FEES, "USD") == usd(0), "a proposal posts nothing"

    services.post(actor=colleague, break_id=key, reason="seen on the invoice")

    fee_break.refresh_from_db()
    assert fee_break.status == "resolved"
    assert (books.balance(FEES, "USD"), books.balance(CLEARING, "USD")) == (usd(200), usd(-200))
    assert story(fee_break) == [
        ("found", "open"),
        ("journal proposed", "open"),
        ("journal posted", "resolved"),
    ]
    report = services.reconcile()
    assert (report.breaks_open, report.breaks_new) == (0, 0)
    assert report.totals[0].ledger == report.totals[0].gateway == usd(-200)


def test_nobody_posts_what_they_proposed(fee_break: Break, clerk: Any) -> None:
    key = str(fee_break.public_id)
    services.propose(actor=clerk, break_id=key, counter_account="stripe_fees", reason=WHY)

    with pytest.raises(Forbidden) as refusal:
        services.post(actor=clerk, break_id=key, reason="I am sure")

    assert refusal.value.code == "second_person_required"
    assert books.check().journals == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.update(status="posted", decided_by=clerk)


def test_a_posted_journal_is_posted_once(fee_break: Break, clerk: Any, colleague: Any) -> None:
    key = str(fee_break.public_id)
    services.propose(actor=clerk, break_id=key, counter_account="stripe_fees", reason=WHY)
    services.post(actor=colleague, break_id=key, reason="seen")

    with pytest.raises(Conflict) as refusal:
        services.post(actor=colleague, break_id=key, reason="seen")

    assert refusal.value.code == "break_resolved"
    assert books.check().journals == 1


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_at_once_post_it_once(fee_break: Break, clerk: Any, colleague: Any) -> None:
    key, people = str(fee_break.public_id), [colleague, member_of("Finance")]
    services.propose(actor=clerk, break_id=key, counter_account="stripe_fees", reason=WHY)

    def look(number: int) -> str:
        return services.post(actor=people[number], break_id=key, reason="seen on the invoice").status

    ended = crowd(2, look)
    assert sorted(ended) == ["break_resolved", "posted"]
    assert books.balance(FEES, "USD") == usd(200)
    assert Proposal.objects.get().decided_by == people[ended.index("posted")]


def test_a_rejected_journal_is_off_the_table(fee_break: Break, clerk: Any, colleague: Any) -> None:
    key = str(fee_break.public_id)
    services.propose(actor=clerk, break_id=key, counter_account="goodwill", reason=WHY)
    services.reject(actor=colleague, break_id=key, reason="the wrong account")

    with pytest.raises(Conflict) as refusal:
        services.post(actor=colleague, break_id=key, reason="seen")

    assert refusal.value.code == "no_proposal"
    services.propose(actor=clerk, break_id=key, counter_account="stripe_fees", reason=WHY)
    services.post(actor=colleague, break_id=key, reason="seen")
    assert books.balance(AccountRef("goodwill"), "USD") == usd(0)


def test_one_journal_waits_at_a_time(fee_break: Break, clerk: Any, colleague: Any) -> None:
    key = str(fee_break.public_id)
    services.propose(actor=clerk, break_id=key, counter_account="stripe_fees", reason=WHY)

    with pytest.raises(Conflict) as refusal:
        services.propose(actor=colleague, break_id=key, counter_account="bank", reason=WHY)

    assert refusal.value.code == "proposal_waiting"


def test_a_top_up_comes_from_the_bank(shop: Sandbox, clerk: Any, colleague: Any) -> None:
    book(shop, "topup", 5_000)
    services.reconcile()
    key = str(Break.objects.get().public_id)
    services.propose(actor=clerk, break_id=key, counter_account="bank", reason="liquidity")
    services.post(actor=colleague, break_id=key, reason="on the statement")

    assert books.balance(AccountRef("bank"), "USD") == usd(-5_000)
    assert services.reconcile().breaks_open == 0


def test_an_explained_break_shows_again_when_it_changes(shop: Sandbox, clerk: Any) -> None:
    payment = sale(10_000)
    made = behind_our_back(shop, "/v1/refunds", payment_intent=str(payment.provider_id), amount="700")
    services.reconcile()
    row = Break.objects.get()
    services.explain(actor=clerk, break_id=str(row.public_id), reason="agreed with the owner by phone")
    assert services.reconcile().breaks_open == 0
    with shop.server.store.transaction():
        store = shop.server.store
        store.add_funds("", "usd", 0, -50)
        store.add(
            "txn", "balance_transaction", type="refund", source=made["id"], amount=-50, fee=0, net=-50,
            currency="usd", available_on=store.now(), owner="", reporting_category="refund", description=None,
            fee_details=[],
        )  # fmt: skip

    report = services.reconcile()

    row.refresh_from_db()
    assert (report.breaks_open, row.status, row.theirs_minor) == (1, "open", -750)
    assert story(row) == [("found", "open"), ("explained", "explained"), ("changed", "open")]
    assert row.owner == clerk


def test_a_break_has_an_owner_of_finance(fee_break: Break, clerk: Any, colleague: Any) -> None:
    key = str(fee_break.public_id)
    services.assign(actor=clerk, break_id=key, owner=colleague, reason="knows the invoices")
    fee_break.refresh_from_db()
    assert fee_break.owner == colleague

    with pytest.raises(InvalidInput):
        services.assign(actor=clerk, break_id=key, owner=member_of("Support"), reason="hm")
    assert AuditEntry.objects.filter(action="reconciliation.break_assigned").count() == 1


@pytest.mark.parametrize("group", ["Operations", "Support", "Trust & Safety"])
def test_others_settle_nothing(fee_break: Break, group: str) -> None:
    person, key = member_of(group), str(fee_break.public_id)
    attempts: list[Any] = [
        lambda: services.explain(actor=person, break_id=key, reason=WHY),
        lambda: services.assign(actor=person, break_id=key, owner=person, reason=WHY),
        lambda: services.propose(actor=person, break_id=key, counter_account="bank", reason=WHY),
        lambda: services.post(actor=person, break_id=key, reason=WHY),
        lambda: services.reject(actor=person, break_id=key, reason=WHY),
        lambda: services.want_run(actor=person, reason=WHY),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()
    assert story(fee_break) == [("found", "open")]


@pytest.mark.parametrize("reason", ["", " ", "x" * 201])
def test_nothing_changes_without_a_reason(fee_break: Break, clerk: Any, reason: str) -> None:
    with pytest.raises(InvalidInput):
        services.explain(actor=clerk, break_id=str(fee_break.public_id), reason=reason)


@pytest.mark.parametrize("account", ["escrow", "stripe_clearing", "transfer_in_flight", "nothing"])
def test_held_money_is_no_counter_account(fee_break: Break, clerk: Any, account: str) -> None:
    with pytest.raises(InvalidInput):
        services.propose(actor=clerk, break_id=str(fee_break.public_id), counter_account=account, reason=WHY)


@pytest.mark.parametrize("key", ["01a1fd57-9f52-7265-959b-53a796c0a0f7", "nonsense"])
def test_an_unknown_break_is_not_found(clerk: Any, key: str) -> None:
    with pytest.raises(DomainError) as refusal:
        services.explain(actor=clerk, break_id=key, reason=WHY)
    assert refusal.value.code == "not_found"
