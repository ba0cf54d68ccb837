"""Each sitter's month becomes one statement: by the calendar of the place, once, and for good."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.common.clock import business_now
from apps.escrow import selectors as escrow
from apps.sitters.models import SitterProfile
from apps.statements import selectors, services
from apps.statements.models import Statement, StatementLine
from apps.statements.tests.conftest import PayOut, until
from petwash.testing.races import crowd

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = timedelta(days=32)


def next_month() -> None:
    until(business_now() + MONTH)


def test_a_month_is_closed_when_it_is_over_and_no_earlier(pay_out: PayOut, sitter: SitterProfile) -> None:
    booking = pay_out()
    assert services.close_periods() == 0
    next_month()
    assert services.close_periods() == 1
    statement = Statement.objects.get()
    assert statement.user_id == sitter.user_id
    price, fee = booking.subtotal_minor, booking.sitter_fee_minor
    assert (statement.stays, statement.gross_minor, statement.fees_minor) == (1, price, fee)
    assert (statement.settled_minor, statement.paid_minor) == (0, price - fee)
    line = statement.lines.get()
    assert (line.reference, line.booking_id, line.kind) == (booking.reference, str(booking.public_id), "payout")
    assert (statement.first.day, (statement.last + timedelta(days=1)).day) == (1, 1)
    assert statement.start_at <= line.happened_at < statement.end_at


def test_days_are_those_of_the_sitters_place(pay_out: PayOut) -> None:
    pay_out()
    next_month()
    services.close_periods()
    statement = Statement.objects.get()
    local = statement.end_at.astimezone(selectors.zone_of(statement.user))
    assert (statement.timezone, local.day, local.hour, local.minute) == ("Pacific/Auckland", 1, 0, 0)


def test_a_repeat_and_eight_runs_at_once_issue_it_once(pay_out: PayOut) -> None:
    pay_out()
    next_month()
    assert sum(crowd(8, lambda _: services.close_periods())) == 1
    assert services.close_periods() == 0
    assert (Statement.objects.count(), StatementLine.objects.count()) == (1, 1)


def test_runs_that_did_not_come_are_made_up_for(pay_out: PayOut) -> None:
    first = pay_out()
    until(business_now() + MONTH)
    second = pay_out()
    until(business_now() + MONTH)
    assert services.close_periods() == 2
    early, late = Statement.objects.order_by("start_at")
    assert [early.lines.get().reference, late.lines.get().reference] == [first.reference, second.reference]
    assert early.end_at <= late.start_at


def test_after_a_year_without_runs_the_command_makes_up(pay_out: PayOut, capsys: Any) -> None:
    from django.core.management import call_command

    pay_out()
    until(business_now() + timedelta(days=200))
    assert services.close_periods() == 0, "the hourly run looks back ten weeks"
    call_command("issue_statements", since="2026-01-01")
    assert capsys.readouterr().out == "1 statements issued.\n"


def test_a_move_to_another_zone_neither_loses_nor_repeats_a_payout(pay_out: PayOut, sitter: SitterProfile) -> None:
    pay_out()
    next_month()
    services.close_periods()
    SitterProfile.objects.filter(pk=sitter.pk).update(timezone="America/Los_Angeles")
    pay_out()
    next_month()
    services.close_periods()
    early, late = Statement.objects.order_by("start_at")
    assert late.start_at >= early.end_at
    assert StatementLine.objects.count() == 2


def test_one_payees_trouble_stops_nobody_else(pay_out: PayOut, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    pay_out()
    next_month()
    known = escrow.payees_since(business_now() - timedelta(days=70))
    monkeypatch.setattr(escrow, "payees_since", lambda since: [-1, *known])
    assert services.close_periods() == 1
    assert "statement not issued" in caplog.text


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE statement SET paid_minor = paid_minor + 1, gross_minor = gross_minor + 1",
        "DELETE FROM statement_line",
        "TRUNCATE statement CASCADE",
    ],
)
def test_what_was_issued_stays(pay_out: PayOut, attack: str) -> None:
    pay_out()
    next_month()
    services.close_periods()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert StatementLine.objects.count() == 1
