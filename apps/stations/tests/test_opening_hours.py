"""A closed station sells nothing, and nothing that could not end in time; what runs is never cut."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.common.errors import InvalidInput
from apps.common.ids import uuid7
from apps.common.models import AuditEntry
from apps.stations import availability
from apps.stations.api import serializers
from apps.stations.bay_codes import bay_path
from apps.stations.models import Bay, Station, Wash
from apps.stations.pages import scene
from apps.stations.services import sweeps
from apps.stations.services.opening_hours import set_hours
from apps.stations.tests.device import Device
from apps.stations.tests.factories import bay_token
from apps.stations.tests.top_ups import Customer

pytestmark = pytest.mark.django_db
URL = "/api/v1/wash/payment/activate"
ZONE = "America/New_York"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY_DAY = dict.fromkeys(DAYS, "08:00-20:00")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the business clock by what New York's clocks show (in June, four hours behind UTC)."""

    def show(hour: int, minute: int = 0) -> None:
        now = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(hours=hour + 4, minutes=minute)
        for module in (availability, serializers, scene):
            monkeypatch.setattr(module, "business_now", lambda: now)

    return show


@pytest.fixture
def hours(station: Station, agent: Any) -> Station:
    """The station is open from eight to eight, and closed on the second of June."""
    return set_hours(agent, "riverside", timezone=ZONE, week=EVERY_DAY, dates="2026-06-02 closed", reason="season")


def order(bay: Bay) -> dict[str, str]:
    return {
        "bay_id": str(bay.public_id),
        "bay_token": bay_token(bay),
        "program": "quick",
        "payment_method": "pm_card_visa",
    }


def buy(api: Any, bay: Bay) -> Any:
    return api().post(URL, order(bay), headers={"Idempotency-Key": str(uuid7())}, REMOTE_ADDR="203.0.113.9")


def test_a_closed_station_refuses_before_any_payment(api, hours, bay: Bay, clock, stripe_sandbox) -> None:
    clock(7, 59)
    answer = buy(api, bay)
    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "code": "station_closed",
        "message": "The station is closed. It opens on Monday, 01 June at 08:00. Nothing was charged.",
        "details": {"next_opening_at": "2026-06-01T12:00:00+00:00"},
    }
    assert not Wash.objects.exists()
    clock(8)
    assert buy(api, bay).status_code == 202


def test_what_cannot_end_before_closing_is_refused(api, hours, bay: Bay, clock, stripe_sandbox) -> None:
    clock(19, 56)
    error = buy(api, bay).json()["error"]
    assert (error["code"], error["details"]) == (
        "station_closing_soon",
        {"closes_at": "2026-06-02T00:00:00+00:00", "next_opening_at": "2026-06-03T12:00:00+00:00"},
    )
    assert "closes at 20:00" in error["message"]
    assert not Wash.objects.exists()
    clock(19, 55)  # the program takes five minutes
    assert buy(api, bay).status_code == 202


def test_a_wash_that_runs_goes_on_after_closing_and_takes_no_more_time(
    customer: Customer, hours: Station, clock, device: Device
) -> None:
    clock(20, 1)
    refused = customer.top_up(expected=300, add=60)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "station_closed")
    sweeps.sweep_starts()
    sweeps.sweep_overdue()
    assert customer.show()["status"] == "running"
    device.say(device.event("finished", customer.wash, used=300))
    assert customer.show()["status"] == "finished"


def test_a_top_up_that_would_pass_closing_is_refused(customer: Customer, hours: Station, clock) -> None:
    clock(19, 54)  # 300 seconds are left
    refused = customer.top_up(expected=300, add=120)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "station_closing_soon")
    assert Wash.objects.get().total_seconds == 300
    assert customer.top_up(expected=300, add=60).status_code == 202


def test_the_api_tells_the_hours(api, hours, clock) -> None:
    clock(7)
    shown = api().get("/api/v1/wash/stations/riverside").json()
    assert shown["available"] is False
    told = shown["hours"]
    assert (told["timezone"], told["open_now"], told["closes_at"]) == (ZONE, False, None)
    assert told["opens_at"] == "2026-06-01T12:00:00Z"
    assert told["week"][0] == {"weekday": "monday", "spans": [{"opens": "08:00", "closes": "20:00"}]}
    assert told["dates"] == [{"date": "2026-06-02", "spans": []}]
    clock(8)
    assert api().get("/api/v1/wash/stations").json()["results"][0]["available"] is True


def test_without_hours_it_is_open_around_the_clock(api, station: Station) -> None:
    told = api().get("/api/v1/wash/stations/riverside").json()["hours"]
    assert (told["open_now"], told["closes_at"], told["opens_at"], told["dates"]) == (True, None, None, [])
    assert told["week"][6] == {"weekday": "sunday", "spans": [{"opens": "00:00", "closes": "24:00"}]}


def test_the_page_at_the_bay_says_when_it_opens(client, hours, bay: Bay, clock, settings) -> None:
    settings.PETWASH_DEMO = True
    clock(7)
    page = client.get(bay_path(str(bay.public_id), bay_token(bay))).content.decode()
    assert "It opens on Monday, 01 June at 08:00." in page
    assert "Today: 08:00–20:00" in page  # noqa: RUF001 - a dash between times
    assert "Not possible right now" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"week": EVERY_DAY | {"friday": "8-20"}}, "friday"),
        ({"week": {"monday": "open"}}, "tuesday"),
        ({"dates": "Christmas closed"}, "dates"),
        ({"dates": "2026-12-25"}, "dates"),
        ({"dates": "2026-12-25 closed\n2026-12-25 open"}, "dates"),
        ({"reason": " "}, "reason"),
    ],
)
def test_odd_hours_are_refused_by_field(station: Station, agent, changes: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"timezone": ZONE, "week": EVERY_DAY, "dates": "", "reason": "season"}
    with pytest.raises(InvalidInput) as refused:
        set_hours(agent, "riverside", **given | changes)
    assert list(refused.value.details) == [field]
    assert Station.objects.get().hours == {}


def test_setting_the_same_hours_again_is_one_audit_entry(hours: Station, agent) -> None:
    set_hours(agent, "riverside", timezone=ZONE, week=EVERY_DAY, dates="2026-06-02 closed", reason="again")
    assert AuditEntry.objects.filter(action="station.hours_set").count() == 1
