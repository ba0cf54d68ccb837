"""Operations act in the console: visits, thresholds, zones, limits; Support looks at the same figures."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from apps.common.clock import real_now
from apps.common.tests.uploads import picture, upload
from apps.stations.models import Alert, ChemicalLimits, MaintenanceVisit, Station, Tank, TankSample, Wash
from apps.stations.services.limits_of_chemicals import current_limits
from apps.stations.tests.device import Device
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db
LIMITS = {
    "refill_ml": "500",
    "refill_window_minutes": "120",
    "leak_ml": "250",
    "leak_pct": "20",
    "theft_ml": "1000",
    "theft_minutes": "5",
    "clog_pct": "30",
    "clog_washes": "3",
    "reason": "small tanks",
}


HOURS = {"timezone": "Europe/London", "dates": "2026-12-25 closed", "reason": "season"} | dict.fromkeys(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "08:00-20:00"
)


def visit_form(**changes: str) -> dict[str, str]:
    now = real_now()
    return {
        "key": "form-1",
        "visited_at_0": f"{now:%Y-%m-%d}",
        "visited_at_1": f"{now:%H:%M}",
        "done": "Filled up.",
        "shampoo:before": "1000",
        "shampoo:after": "19000",
        "shampoo:canister": "C-1",
    } | changes


def test_a_visit_is_recorded_with_its_refill(station: Station) -> None:
    client, url = console(member_of("Operations")), reverse("admin:stations_record_visit", args=["riverside"])
    assert 'name="disinfectant:after"' in client.get(url).content.decode()
    assert client.post(url, visit_form()).status_code == 302
    visit = MaintenanceVisit.objects.get()
    assert [(r.tank.chemical, r.before_ml, r.after_ml) for r in visit.refills.all()] == [("shampoo", 1_000, 19_000)]
    shown = client.get(reverse("admin:stations_maintenancevisit_change", args=[visit.pk])).content.decode()
    assert "Filled up." in shown
    assert "19000" in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shampoo:after": ""}, "Give both levels"),
        ({"shampoo:after": "900"}, "After must be more than before"),
        ({"shampoo:after": "20001"}, "less than or equal to 20000"),
        ({"visited_at_0": "2001-01-01"}, "more than 30 days ago"),
    ],
)
def test_a_wrong_visit_is_told_and_not_recorded(station: Station, changes: dict[str, str], said: str) -> None:
    client, url = console(member_of("Operations")), reverse("admin:stations_record_visit", args=["riverside"])
    page = client.post(url, visit_form(**changes))
    assert page.status_code == 200
    assert said in page.content.decode()
    assert not MaintenanceVisit.objects.exists()


def test_support_records_and_sets_nothing(station: Station) -> None:
    client, tank = console(member_of("Support")), station.tanks.get(chemical="shampoo")
    posts: list[tuple[str, list[Any], dict[str, str]]] = [
        ("stations_record_visit", ["riverside"], visit_form()),
        ("stations_zone", ["riverside"], {"zone": "North", "reason": "?"}),
        ("stations_hours", ["riverside"], HOURS),
        ("stations_thresholds", [tank.pk], {"warning_pct": "50", "critical_pct": "20", "reason": "?"}),
        ("stations_change_limits", [], LIMITS),
    ]
    for name, args, body in posts:
        assert client.post(reverse(f"admin:{name}", args=args), body).status_code == 403, name
    tank.refresh_from_db()
    assert (tank.warning_pct, Station.objects.get().zone, Station.objects.get().hours) == (25, "", {})
    assert not MaintenanceVisit.objects.exists()
    assert not ChemicalLimits.objects.exists()


def test_thresholds_and_zone_are_set_with_a_reason(station: Station) -> None:
    client, tank = console(member_of("Operations")), station.tanks.get(chemical="shampoo")
    chosen = client.post(
        reverse("admin:stations_tank_changelist"), {"action": "set_thresholds", ACTION_CHECKBOX_NAME: [tank.pk]}
    )
    url = chosen["Location"]
    refused = client.post(url, {"warning_pct": "12", "critical_pct": "10", "reason": "why not"})
    assert "three points more than critical" in refused.content.decode()
    saved = client.post(url, {"warning_pct": "50", "critical_pct": "20", "reason": "far away"})
    assert saved["Location"] == reverse("admin:stations_tank_changelist"), "back to the list it was chosen from"
    client.post(reverse("admin:stations_zone", args=["riverside"]), {"zone": "North", "reason": "new tour"})
    tank.refresh_from_db()
    assert (tank.warning_pct, tank.critical_pct, Station.objects.get().zone) == (50, 20, "North")


def test_forms_lead_back_to_the_station_they_were_opened_from(station: Station, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    client, tank = console(member_of("Operations")), station.tanks.get(chemical="shampoo")
    figures = reverse("admin:stations_figures", args=["riverside"])
    for name, args, body in (
        ("stations_zone", ["riverside"], {"zone": "North", "reason": "new tour"}),
        ("stations_hours", ["riverside"], HOURS),
        ("stations_photo", ["riverside"], {"picture": upload(picture()), "reason": "first"}),
        ("stations_record_visit", ["riverside"], visit_form()),
        ("stations_thresholds", [tank.pk], {"warning_pct": "50", "critical_pct": "20", "reason": "far away"}),
    ):
        url = reverse(f"admin:{name}", args=args)
        assert f'<a href="{figures}">Cancel</a>' in client.get(url).content.decode(), name
        assert client.post(url, body)["Location"] == figures, name


def test_chemicals_have_the_same_name_everywhere(station: Station) -> None:
    tank = Tank.objects.create(
        station=station, chemical="flea_tick", capacity_ml=10_000, level_ml=500, status="critical"
    )
    client, figures = console(member_of("Operations")), reverse("admin:stations_figures", args=["riverside"])
    for url in (
        figures,
        reverse("admin:stations_refills"),
        reverse("admin:stations_record_visit", args=["riverside"]),
        reverse("admin:stations_thresholds", args=[tank.pk]),
        reverse("admin:stations_station_change", args=[station.pk]),
        reverse("admin:stations_tank_changelist"),
    ):
        page = client.get(url).content.decode()
        assert "Flea tick" in page, url
        assert "flea_tick" not in re.sub(r"<(?:input|label|tr|a|option)[^>]*>", "", page), url


def test_opening_hours_are_set_and_shown(station: Station) -> None:
    client, url = console(member_of("Operations")), reverse("admin:stations_hours", args=["riverside"])
    assert 'name="monday" value="open"' in client.get(url).content.decode()
    refused = client.post(url, HOURS | {"friday": "8-20"})
    assert "is not like 08:00-20:00" in refused.content.decode()
    assert client.post(url, HOURS).status_code == 302
    assert 'name="monday" value="08:00-20:00"' in client.get(url).content.decode()
    shown = client.get(reverse("admin:stations_station_change", args=[station.pk])).content.decode()
    assert "Sunday 08:00-20:00<br>2026-12-25 closed" in shown


def test_new_limits_count_and_the_same_ones_again_are_no_new_row(station: Station) -> None:
    client, url = console(member_of("Operations")), reverse("admin:stations_change_limits")
    assert client.post(url, {**LIMITS, "leak_pct": "101"}).status_code == 200
    assert not ChemicalLimits.objects.exists()
    for _ in range(2):
        assert client.post(url, LIMITS).status_code == 302
    row = ChemicalLimits.objects.get()
    assert (row.leak_ml, row.reason, current_limits().leak_ml) == (250, "small tanks", 250)
    assert client.get(reverse("admin:stations_chemicallimits_changelist")).status_code == 200


def test_a_warning_is_made_critical_by_hand_and_has_to_be_acknowledged_again(device: Device) -> None:
    device.say(device.level(4_000))
    alert, person = Alert.objects.get(), member_of("Operations")
    client, url = console(person), reverse("admin:stations_alert_changelist")
    for action in ("acknowledge", "escalate"):
        client.post(url, {"action": action, ACTION_CHECKBOX_NAME: [alert.pk], "reason": "a fair tomorrow"})
    alert.refresh_from_db()
    assert (alert.severity, alert.acknowledged_at) == ("critical", None)
    assert [(e.change, e.severity, e.actor_id) for e in alert.entries.all()] == [
        ("raised", "warning", None),
        ("acknowledged", "warning", person.pk),
        ("escalated", "critical", person.pk),
    ]
    again = client.post(url, {"action": "escalate", ACTION_CHECKBOX_NAME: [alert.pk], "reason": "again"}, follow=True)
    assert "critical already" in again.content.decode()
    assert alert.entries.count() == 3


@pytest.fixture
def week(station: Station, running: Wash) -> Wash:
    """Samples of two hours with a gap between them, and one wash that runs."""
    tank, now = station.tanks.get(chemical="shampoo"), real_now().replace(minute=0, second=0, microsecond=0)
    for hours, minute, level in ((5, 1, 9_000), (5, 30, 8_000), (3, 0, 6_000)):
        TankSample.objects.create(
            tank=tank, minute=now - timedelta(hours=hours) + timedelta(minutes=minute), level_ml=level
        )
    return running


def test_a_station_is_drawn_with_a_name_a_legend_and_a_table(week: Wash) -> None:
    page = console(member_of("Support")).get(reverse("admin:stations_figures", args=["riverside"])).content.decode()
    assert 'role="img" aria-label="Levels of the last 7 days, in per cent"' in page
    assert 'aria-label="Washes begun in each hour of the last 7 days"' in page
    assert page.count("<polyline") == 2  # the gap is a gap
    assert page.count("<rect ") == 1
    assert page.count('<th scope="row">') == 168
    assert "0 whole days are known; 3 are needed." in page
    assert "Record a visit" not in page


def test_the_same_numbers_come_as_json(week: Wash) -> None:
    url = reverse("admin:stations_figures", args=["riverside"])
    body = console(member_of("Operations")).get(url, {"format": "json"}).json()
    [shampoo] = [tank for tank in body["tanks"] if tank["chemical"] == "shampoo"]
    assert (len(body["hours"]), len(shampoo["levels_ml"])) == (168, 168)
    known = {hour: level for hour, level in zip(body["hours"], shampoo["levels_ml"], strict=True) if level is not None}
    begun = {hour: number for hour, number in zip(body["hours"], body["washes"], strict=True) if number}
    assert week.started_at is not None
    started = week.started_at.replace(minute=0, second=0, microsecond=0)
    assert begun == {started.isoformat(): 1}
    samples = TankSample.objects.order_by("minute")
    first, *_, last = [sample.minute.replace(minute=0).isoformat() for sample in samples]
    assert known == {first: 8_000, last: 6_000}


def test_an_unknown_station_has_no_figures(station: Station) -> None:
    client = console(member_of("Operations"))
    assert client.get(reverse("admin:stations_figures", args=["nowhere"])).status_code == 404


def test_names_in_charts_are_escaped() -> None:
    from apps.stations import charts

    now = real_now()
    drawn = charts.line_chart("<b>", [now, now], [charts.Line("<script>", [1.0, None])])
    assert "<script>" not in drawn + charts.legend([charts.Line("<script>", [])])
    assert "&lt;b&gt;" in drawn
