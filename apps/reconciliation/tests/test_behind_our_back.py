"""What nobody asked for is found, with its class: payouts made twice, money taken to the bank, entries nobody posts."""

from typing import Any

import pytest
from django.db import transaction

from apps.common.models import OutboxEvent
from apps.ledger import selectors as books
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, credit, debit
from apps.payments.tests.fixtures import Sandbox
from apps.payments.types import PayeeView
from apps.reconciliation import services
from apps.reconciliation.models import Break, RunTotal
from apps.reconciliation.tests.conftest import (
    CLEARING,
    SALES,
    behind_our_back,
    book,
    lose,
    payout,
    prepare_payout,
    rebook,
    refund,
    reverse,
    sale,
    usd,
)

pytestmark = pytest.mark.django_db
BANK = AccountRef("bank")
DAYS = 3 * 24 * 3600


def again(sandbox: Sandbox, **fields: str) -> dict[str, Any]:
    """Make the only transfer a second time, with another key."""
    (first,) = sandbox.objects("transfer")
    form = {
        "amount": str(first["amount"]),
        "currency": "usd",
        "destination": first["destination"],
        "source_transaction": first["source_transaction"],
    }
    return behind_our_back(sandbox, "/v1/transfers", **form, **fields)


def the_break() -> Break:
    """Return the only break."""
    return Break.objects.get()


def test_a_second_payout_by_hand_is_found(shop: Sandbox, payee: PayeeView) -> None:
    payout(sale(10_000), 4_000, payee)
    second = again(shop)

    report = services.reconcile()

    found = the_break()
    assert (report.breaks_open, found.break_class) == (1, "unknown_at_gateway")
    assert (found.kind, found.match_id, found.our_id) == ("transfer", second["id"], "")
    assert (found.ours_minor, found.theirs_minor, found.difference) == (None, -4_000, usd(4_000))
    assert report.totals[0].breaks == usd(4_000)
    assert report.totals[0].unexplained == usd(0)
    told = OutboxEvent.objects.get(name="reconciliation.BreakFound").payload
    assert (told["break_id"], told["difference_minor"]) == (str(found.public_id), 4_000)


def test_a_second_payout_that_carries_our_id_is_named_as_twice(shop: Sandbox, payee: PayeeView) -> None:
    first = payout(sale(10_000), 4_000, payee)
    second = again(shop, **{"metadata[transfer_id]": first.id})

    services.reconcile()

    found = the_break()
    assert (found.break_class, found.match_id, found.our_id) == ("duplicate_effect", second["id"], first.id)


def test_two_of_our_own_payouts_for_one_release_are_found(shop: Sandbox, payee: PayeeView) -> None:
    payment = sale(10_000)
    payout(payment, 4_000, payee, "release-1")
    second = payout(payment, 3_000, payee, "release-1")
    payout(payment, 1_000, payee, "release-2")

    services.reconcile()

    found = the_break()
    assert (found.break_class, found.our_id, found.difference) == ("duplicate_effect", second.id, usd(-3_000))
    assert RunTotal.objects.get().unexplained_minor == 0


def test_a_refund_by_hand_is_found(shop: Sandbox) -> None:
    payment = sale(10_000)
    made = behind_our_back(shop, "/v1/refunds", payment_intent=str(payment.provider_id), amount="700")

    services.reconcile()

    found = the_break()
    assert (found.break_class, found.kind, found.match_id) == ("unknown_at_gateway", "refund", made["id"])


def test_a_sale_that_is_not_ours_is_found(shop: Sandbox) -> None:
    intent = behind_our_back(shop, "/v1/payment_intents", amount="900", currency="usd", payment_method="pm_card_visa")
    behind_our_back(shop, f"/v1/payment_intents/{intent['id']}/confirm")

    services.reconcile()

    found = the_break()
    assert (found.break_class, found.kind, found.difference) == ("unknown_at_gateway", "charge", usd(-(900 - 56)))


def test_a_payout_to_our_bank_is_posted_once(shop: Sandbox) -> None:
    sale(10_000)
    shop.advance_clock(DAYS)
    behind_our_back(shop, "/v1/payouts", amount="6000", currency="usd")

    services.reconcile()
    report = services.reconcile()

    assert report.breaks_open == 0
    assert books.balance(BANK, "USD") == usd(6_000)
    assert books.balance(CLEARING, "USD") == report.totals[0].gateway == usd(10_000 - 320 - 6_000)


def test_an_automatic_payout_of_held_money_is_found(shop: Sandbox) -> None:
    sale(10_000)
    with transaction.atomic():
        held = AccountRef("escrow", "b-1")
        ledger.post(kind="hold", key="hold-1", legs=[debit(SALES, usd(8_000)), credit(held, usd(8_000))])
    behind_our_back(shop, "/_sandbox/payouts/schedule", interval="daily")
    shop.advance_clock(4 * 24 * 3600)

    services.reconcile()

    found = the_break()
    assert (found.break_class, found.difference) == ("held_paid_out", usd(8_000))
    assert books.balance(BANK, "USD") == usd(10_000 - 320)


@pytest.mark.parametrize(("kind", "net"), [("stripe_fee", -200), ("topup", 5_000), ("adjustment", -1)])
def test_entries_that_nobody_posts_are_found(shop: Sandbox, kind: str, net: int) -> None:
    book(shop, kind, net)

    report = services.reconcile()

    found = the_break()
    assert (found.break_class, found.kind, found.difference) == ("unposted_entry", "other", usd(-net))
    assert (report.totals[0].breaks, report.totals[0].unexplained) == (usd(-net), usd(0))


def test_another_amount_is_found(shop: Sandbox) -> None:
    made = refund(sale(10_000), 2_500)
    rebook(shop, "refund", amount=-2_600, net=-2_600)

    services.reconcile()

    found = the_break()
    assert (found.break_class, found.our_id) == ("amount_differs", made.id)
    assert (found.ours_minor, found.theirs_minor, found.difference_minor) == (-2_500, -2_600, 100)


def test_another_fee_is_found(shop: Sandbox) -> None:
    sale(10_000)
    rebook(shop, "charge", fee=400, net=9_600)

    services.reconcile()

    found = the_break()
    assert (found.break_class, found.kind, found.difference_minor) == ("fee_differs", "charge", 80)


def test_another_currency_is_found_on_both_sides(shop: Sandbox) -> None:
    sale(10_000)
    rebook(shop, "charge", currency="eur")

    services.reconcile()

    found = Break.objects.order_by("currency")
    assert [(row.break_class, row.currency, row.difference_minor) for row in found] == [
        ("currency_differs", "EUR", -9_680),
        ("currency_differs", "USD", 9_680),
    ]


def test_a_movement_that_the_gateway_lost_is_found(shop: Sandbox) -> None:
    made = refund(sale(10_000), 2_500)
    lose(shop, "refund")

    services.reconcile()

    found = the_break()
    assert (found.break_class, found.our_id, found.match_id) == ("missing_at_gateway", made.id, made.provider_id)
    assert (found.ours_minor, found.theirs_minor) == (-2_500, None)


def test_a_gateway_whose_balance_is_not_the_sum_of_its_entries_is_found(shop: Sandbox) -> None:
    sale(10_000)
    with shop.server.store.transaction():
        shop.server.store.add_funds("", "usd", 0, -1)

    services.reconcile()

    found = the_break()
    assert (found.break_class, found.match_id, found.difference_minor) == ("clearing_differs", "mirror", 1)


def test_a_journal_by_hand_on_the_clearing_account_is_found(shop: Sandbox) -> None:
    sale(10_000)
    with transaction.atomic():
        ledger.post(kind="by hand", key="oops", legs=[debit(CLEARING, usd(7)), credit(SALES, usd(7))])

    report = services.reconcile()

    found = the_break()
    assert (found.break_class, found.match_id, found.difference) == ("clearing_differs", "clearing", usd(7))
    assert report.totals[0].unexplained == usd(7)


def test_a_journal_by_hand_on_the_fees_is_found(shop: Sandbox) -> None:
    sale(10_000)
    with transaction.atomic():
        fees = AccountRef("stripe_fees")
        ledger.post(kind="by hand", key="oops", legs=[debit(fees, usd(7)), credit(SALES, usd(7))])

    services.reconcile()

    found = the_break()
    assert (found.break_class, found.match_id, found.difference) == ("fee_differs", "fees", usd(7))


def test_a_second_payout_that_was_taken_back_is_no_break(shop: Sandbox, payee: PayeeView) -> None:
    payment = sale(10_000)
    payout(payment, 4_000, payee, "release-1")
    second = payout(payment, 3_000, payee, "release-1")
    shop.advance_clock(DAYS)
    reverse(second, 2_999)
    assert services.reconcile().breaks_open == 1
    reverse(second, 1)

    report = services.reconcile()

    assert (report.breaks_open, report.breaks_resolved) == (0, 1)


def test_a_reversal_by_hand_is_found(shop: Sandbox, payee: PayeeView) -> None:
    made = payout(sale(10_000), 4_000, payee)
    shop.advance_clock(DAYS)
    back = behind_our_back(shop, f"/v1/transfers/{made.provider_id}/reversals", amount="500")

    assert services.reconcile().in_flight == 1, "the gateway's clock is ahead: patience counts from our first look"
    services.reconcile()

    found = the_break()
    assert (found.break_class, found.kind, found.match_id) == ("unknown_at_gateway", "reversal", back["id"])


def test_what_was_only_prepared_is_no_movement(shop: Sandbox, payee: PayeeView) -> None:
    prepare_payout(sale(10_000), 4_000, payee)

    assert services.reconcile().breaks_open == 0
