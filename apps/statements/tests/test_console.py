"""Finance sees every statement and downloads the year of everybody; others do neither."""

import csv
import io

import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.common.models import AuditEntry
from apps.statements import selectors
from apps.statements.tests.conftest import PayOut
from apps.statements.types import Line
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_year_of_everybody_is_a_table(pay_out: PayOut, sitter_user: User) -> None:
    User.objects.filter(pk=sitter_user.pk).update(full_name="=cmd|calc")
    booking = pay_out()
    year = next(row.happened_at for rows in _lines(sitter_user) for row in rows)
    year_number = year.astimezone(selectors.zone_of(sitter_user)).year
    answer = console(member_of("Finance")).get(reverse("admin:statements_year", args=[year_number]))
    content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined] # it streams
    (row,) = csv.DictReader(io.StringIO(content))
    assert (row["payee"], row["name"], row["stays"]) == (str(sitter_user.public_id), "'=cmd|calc", "1")
    assert row["gross"] == f"{booking.subtotal_minor / 100:.2f}"
    assert AuditEntry.objects.get(action="statements.download_year").subject == f"year:{year_number}"


@pytest.mark.parametrize("group", ["Operations", "Support", "Trust & Safety"])
def test_others_cannot(group: str) -> None:
    answer = console(member_of(group)).get(reverse("admin:statements_year", args=[2026]))
    assert answer.status_code == 403
    assert not AuditEntry.objects.filter(action="statements.download_year").exists()


def test_a_year_without_figures_is_not_found() -> None:
    assert console(member_of("Finance")).get(reverse("admin:statements_year", args=[1999])).status_code == 404


def _lines(user: User) -> list[list[Line]]:
    from datetime import UTC, datetime

    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    return list(selectors.lines_of(user, since, until).values())
