"""What beat kicks is there, and does its work."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.bookings.tasks import complete_overdue, expire_unpaid, prune, review_no_shows
from apps.bookings.tests.factories import make_booking
from apps.common.clock import advance_business_clock
from apps.escrow.tasks import release_due
from petwash.celery import app

ON_DEMAND = {"payments.process_webhook", "reconciliation.reconcile"}  # an event's, and staff's


@pytest.mark.parametrize("name", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_the_schedule_names_a_task_that_exists(name: str) -> None:
    app.loader.import_default_modules()
    assert settings.CELERY_BEAT_SCHEDULE[name]["task"] in app.tasks


def test_whatever_money_waits_for_is_kicked() -> None:
    kicked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    app.loader.import_default_modules()
    of_money = {name for name in app.tasks if name.split(".")[0] in {"escrow", "ledger", "payments", "reconciliation"}}
    assert of_money - kicked == ON_DEMAND


def test_payouts_are_kicked_each_minute_at_least() -> None:
    assert settings.CELERY_BEAT_SCHEDULE["escrow-release-due"]["schedule"] <= 60


def test_the_kicks_do_their_work(completed, payee, owner, sitter):
    unpaid = make_booking(owner, sitter, start=9)
    advance_business_clock(int(timedelta(days=4).total_seconds()))
    assert (release_due(), expire_unpaid()) == (1, 1)
    completed.refresh_from_db()
    unpaid.refresh_from_db()
    assert (completed.escrow_status, unpaid.status) == ("released", "expired")


def test_the_kick_ends_a_stay_that_nobody_ends(started):
    advance_business_clock(int(timedelta(days=4).total_seconds()))
    assert (complete_overdue(), review_no_shows(), prune()) == (1, 0, 0)


def test_the_kick_reviews_a_stay_that_nobody_starts(accepted):
    advance_business_clock(int(timedelta(days=4).total_seconds()))
    assert (complete_overdue(), review_no_shows(), prune()) == (0, 1, 0)


def test_booking_more_nights_and_pets_needs_no_more_queries(owner, sitter):
    def count(**fields: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            make_booking(owner, sitter, **fields)
        return len(queries)

    count()
    one_pet = count(start=10, nights=2)
    assert count(start=20, nights=30) == one_pet
