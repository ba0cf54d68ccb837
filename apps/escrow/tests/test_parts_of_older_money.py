"""The migration to parts: money that moved before them looks and goes on as it did."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from apps.escrow import selectors
from apps.escrow.models import Funding, Hold, Refund, RefundPart, Release, ReleasePart
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import DECLINED, Story, a_day_passes, fail_refund, swept, usd
from apps.ledger import selectors as ledger
from apps.payments.models import Refund as GatewayRefund
from apps.payments.models import Transfer

MIGRATION = import_module("apps.escrow.migrations.0004_parts_of_what_is_there")
ROWS: tuple[Any, ...] = (Hold, Funding, Refund, Release, RefundPart, ReleasePart)


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return all rows of money, without keys and the moment of an answer."""
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in {"id", "settled_at"}}
            for row in model.objects.order_by("id").values()
        ]
        for model in ROWS
    }


def forget_parts() -> None:
    """Turn everything into what it was before there were parts: the header names the gateway's row.

    Components of nothing are refused by the table today; a test of its own begins without them.
    """
    for back in RefundPart.objects.all():
        Refund.objects.filter(pk=back.refund_id).update(public_id=back.public_id, refund_id=back.gateway_refund_id)
    for out in ReleasePart.objects.all():
        Release.objects.filter(pk=out.release_id).update(public_id=out.public_id, transfer_id=out.transfer_id)
    RefundPart.objects.all().delete()
    ReleasePart.objects.all().delete()
    Hold.objects.update(stay_left_minor=0, owner_fee_left_minor=0)
    Funding.objects.update(stay_left_minor=0, owner_fee_left_minor=0)


def migrate() -> None:
    """Run the migration's steps."""
    with connection.cursor() as cursor:
        for step in MIGRATION.STEPS:
            cursor.execute(step)


@pytest.fixture
def paid(story: Story) -> Story:
    story.pay(DECLINED)
    story.pay()
    return story


def test_a_hold_with_a_refund_and_a_payout_looks_the_same(paid):
    paid.refund(4_000, 500)
    paid.complete()
    a_day_passes()
    paid.release()
    before, places, payout = rows(), selectors.whereabouts(paid.booking_id), selectors.payout_of(paid.booking_id)
    refunds = selectors.refunds_of(paid.booking_id)
    forget_parts()
    migrate()
    after = rows()
    for name in ("Hold", "Funding", "RefundPart", "ReleasePart"):
        assert after[name] == before[name], name
    assert selectors.whereabouts(paid.booking_id) == places
    now_payout, (now_refund,) = selectors.payout_of(paid.booking_id), selectors.refunds_of(paid.booking_id)
    assert now_payout is not None
    assert payout is not None
    assert (now_payout.amount, now_payout.status, now_payout.sitter_fee) == (usd(5_100), "paid", payout.sitter_fee)
    assert (now_refund.stay, now_refund.owner_fee, now_refund.status) == (usd(4_000), usd(500), refunds[0].status)


def test_every_attempt_gets_the_components_of_its_hold(paid):
    """On a copy of the table that has no checks yet: a temporary table goes before one of the same name."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE escrow_funding ON COMMIT DROP AS TABLE public.escrow_funding")
        cursor.execute("UPDATE escrow_funding SET stay_minor = 0, owner_fee_minor = 0")
        cursor.execute(MIGRATION.COMPONENTS)
        cursor.execute("SELECT stay_minor, owner_fee_minor FROM escrow_funding")
        assert cursor.fetchall() == [(10_000, 1_000)] * 2
        cursor.execute("DROP TABLE pg_temp.escrow_funding")


def test_it_may_run_again(paid):
    paid.refund(4_000)
    forget_parts()
    migrate()
    once = rows()
    migrate()
    assert rows() == once


def test_a_transfer_under_way_settles_after_it(paid, stripe_sandbox):
    paid.complete()
    a_day_passes()
    stripe_sandbox.fault("POST", "/v1/transfers", "drop_answer", times=50)
    paid.release()
    forget_parts()
    migrate()
    assert Transfer.objects.get().subject == str(ReleasePart.objects.get().public_id)
    stripe_sandbox.repair()
    swept(paid.row.opened_at)
    assert (paid.hold.state, paid.balances()) == ("released", (0, 0))
    assert ledger.check().ok


def test_a_refund_under_way_settles_after_it(paid, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_answer", times=50)
    paid.refund(4_000)
    forget_parts()
    migrate()
    assert paid.hold.stay_left == usd(6_000)
    stripe_sandbox.repair()
    swept(paid.row.opened_at)
    assert (paid.hold.state, paid.balances()) == ("held", (6_000, 1_000))


def test_a_refund_that_comes_back_after_it_is_found_by_its_journal(paid):
    paid.refund(10_000, 1_000)
    forget_parts()
    migrate()
    fail_refund(str(GatewayRefund.objects.get().public_id))
    assert (paid.hold.state, paid.hold.stay_left, paid.balances()) == ("held", usd(10_000), (10_000, 1_000))
    assert ledger.check().ok


def test_a_refused_refund_waits_to_be_sent_again_after_it(paid, agent, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=3)
    paid.refund(4_000)
    fail_refund(str(GatewayRefund.objects.get().public_id))
    forget_parts()
    migrate()
    assert (paid.hold.stay_left, paid.hold.frozen) == (usd(10_000), True)
    view = StayPetEscrow.refund_again(booking_id=paid.booking_id, actor=agent, reason="once more")
    assert (view.status, paid.balances()) == ("paid", (6_000, 1_000))
