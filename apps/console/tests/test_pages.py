"""The overview and the live board's page and endpoints: who sees what."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import TOTPDevice
from apps.accounts.tests.factories import StaffFactory
from apps.common.clock import real_now
from apps.common.models import Heartbeat
from apps.stations.models import Alert, AlertEntry, Bay
from apps.stations.services import alerts
from apps.stations.tests.factories import buy_wash, make_station

from .conftest import code_now, sign_in

pytestmark = pytest.mark.django_db

PAGES = ("/admin/", "/admin/stations/live/")
ENDPOINTS = ("/admin/stations/live/desk",)


@pytest.fixture
def alert() -> Alert:
    station = make_station("tlv-1")
    with transaction.atomic():
        return alerts.raise_alert(station, "shampoo", "critical", level_pct=7)


@pytest.mark.parametrize("path", PAGES)
def test_pages_send_strangers_to_the_login(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/?next=")


@pytest.mark.parametrize("path", PAGES)
def test_a_session_without_the_second_factor_is_sent_to_the_login(operator: Any, path: str) -> None:
    client = Client()
    client.force_login(operator)
    assert client.get(path).status_code == 302


def test_the_endpoint_wants_a_session_with_the_second_factor(operator: Any, owner: Any) -> None:
    client = Client()
    assert client.get(ENDPOINTS[0]).status_code == 401
    client.force_login(owner)
    assert client.get(ENDPOINTS[0]).json()["error"]["code"] == "staff_only"
    client.force_login(operator)
    answer = client.get(ENDPOINTS[0])
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "second_factor_required")


def test_operators_see_open_alerts_with_their_age(console: Client, alert: Alert) -> None:
    body = console.get("/admin/stations/live/desk").json()
    assert body["places"] == {"tlv-1": {"name": "Tlv-1", "zone": ""}}
    assert body["alerts"] == [
        {
            "id": str(alert.public_id),
            "station": "tlv-1",
            "station_name": "Tlv-1",
            "component": "shampoo",
            "severity": "critical",
            "level_pct": 7,
            "message": "",
            "raised_at": alert.raised_at.isoformat(),
            "acknowledged_at": None,
        }
    ]


def test_the_desk_says_whether_the_bridge_speaks(console: Client, alert: Alert) -> None:
    assert console.get("/admin/stations/live/desk").json()["bridge"] == {"up": True, "silent_seconds": 0}
    Heartbeat.objects.update(beaten_at=real_now() - timedelta(seconds=90))
    assert console.get("/admin/stations/live/desk").json()["bridge"] == {"up": False, "silent_seconds": 90}
    Heartbeat.objects.all().delete()
    assert console.get("/admin/stations/live/desk").json()["bridge"] == {"up": False, "silent_seconds": None}


@pytest.mark.parametrize(("group", "seen"), [("Finance", True), ("Operations", True), ("Support", False)])
def test_todays_money_is_for_those_who_answer_for_it(group: str, seen: bool, stripe_sandbox: Any) -> None:
    wash = buy_wash(Bay.objects.get(station=make_station("tlv-1"), number=1)).wash
    clerk: Any = StaffFactory(email="clerk@example.com", is_superuser=False)
    clerk.groups.add(Group.objects.get(name=group))
    TOTPDevice.objects.create(user=clerk, name="Authenticator", confirmed=True)
    client = Client()
    assert sign_in(client, clerk, code_now(clerk)).status_code == 302
    money = client.get("/admin/stations/live/desk").json()["money"]
    row = {"net": "9.00 USD", "gross": "9.00 USD", "back": "0.00 USD", "washes": 1}
    assert money == ({"stations": {wash.bay.station.slug: [row]}, "in_all": [row]} if seen else None)


def test_the_list_of_alerts_costs_the_same_for_many(
    console: Client, alert: Alert, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        with transaction.atomic():
            alerts.raise_alert(alert.station, f"pump-{number}", "warning")
    with django_assert_max_num_queries(9):
        body = console.get("/admin/stations/live/desk").json()
    assert [one["severity"] for one in body["alerts"]] == ["critical"] + ["warning"] * 8


def test_an_operator_takes_an_alert_on_with_a_reason(console: Client, alert: Alert, operator: Any) -> None:
    path = f"/admin/stations/live/alerts/{alert.public_id}/acknowledge"
    refused = console.post(path, json.dumps({"reason": " "}), content_type="application/json")
    assert refused.json()["error"]["code"] == "validation_error"
    answer = console.post(path, json.dumps({"reason": "Refill is on its way"}), content_type="application/json")
    assert answer.status_code == 200
    again = console.post(path, json.dumps({"reason": "Once more"}), content_type="application/json")
    assert again.json() == answer.json()
    entries = AlertEntry.objects.filter(alert=alert, change="acknowledged")
    assert [(entry.actor_id, entry.reason) for entry in entries] == [(operator.pk, "Refill is on its way")]


def test_only_operations_take_alerts_on(alert: Alert) -> None:
    clerk: Any = StaffFactory(email="clerk@example.com", is_superuser=False)
    clerk.groups.add(Group.objects.get(name="Finance"))
    TOTPDevice.objects.create(user=clerk, name="Authenticator", confirmed=True)
    client = Client()
    assert sign_in(client, clerk, code_now(clerk)).status_code == 302
    path = f"/admin/stations/live/alerts/{alert.public_id}/acknowledge"
    answer = client.post(path, json.dumps({"reason": "Mine"}), content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    alert.refresh_from_db()
    assert alert.acknowledged_at is None
    assert '"mayAcknowledge": false' in client.get("/admin/stations/live/").content.decode()


def test_an_unknown_or_cleared_alert_is_refused(console: Client, alert: Alert) -> None:
    unknown = "/admin/stations/live/alerts/0197f0a0-7c1e-7000-8000-000000000001/acknowledge"
    body = json.dumps({"reason": "Mine"})
    assert console.post(unknown, body, content_type="application/json").status_code == 404
    with transaction.atomic():
        alerts.clear_alert(alert.station, "shampoo")
    path = f"/admin/stations/live/alerts/{alert.public_id}/acknowledge"
    answer = console.post(path, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "alert_cleared")


def test_a_forged_post_without_the_csrf_token_is_refused(operator: Any, alert: Alert) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/admin/login/")
    token = client.cookies["csrftoken"].value
    fields = {
        "username": operator.email,
        "password": "correct horse battery",
        "otp_token": code_now(operator),
        "csrfmiddlewaretoken": token,
    }
    assert client.post("/admin/login/?next=/admin/", fields).status_code == 302
    path = f"/admin/stations/live/alerts/{alert.public_id}/acknowledge"
    body = json.dumps({"reason": "Forged"})
    assert client.post(path, body, content_type="application/json").status_code == 403
    assert not AlertEntry.objects.filter(change="acknowledged").exists()


def test_the_board_carries_no_inline_script_and_nothing_from_elsewhere(console: Client) -> None:
    page = console.get("/admin/stations/live/").content.decode()
    board = page[page.index('id="live-board"') :]
    scripts = board.split("<script")[1:]
    assert [script.split(">")[0] for script in scripts[:1]] == [' id="live-board-settings" type="application/json"']
    assert "style=" not in board[: board.index("</aside>")]
    for place in ("https://", "http://", "//cdn"):
        assert f'src="{place}' not in page


def test_the_overview_counts_what_is_there(console: Client, alert: Alert) -> None:
    page = console.get("/admin/").content.decode()
    assert "1 critical, 0 warning" in page
    assert "Open alerts" in page


def test_a_desk_sees_its_own_figures_alone() -> None:
    clerk: Any = StaffFactory(email="clerk@example.com", is_superuser=False)
    clerk.groups.add(Group.objects.get(name="Finance"))
    TOTPDevice.objects.create(user=clerk, name="Authenticator", confirmed=True)
    client = Client()
    assert sign_in(client, clerk, code_now(clerk)).status_code == 302
    page = client.get("/admin/").content.decode()
    assert "Payouts due" in page
    assert "Open alerts" not in page
    assert "Messages flagged" not in page


def test_the_overview_costs_the_same_queries_whatever_there_is(
    console: Client, alert: Alert, django_assert_max_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as few:
        assert console.get("/admin/").status_code == 200
    for number in range(6):
        with transaction.atomic():
            alerts.raise_alert(make_station(f"st-{number}"), "pump", "warning")
    with django_assert_max_num_queries(len(few)):
        page = console.get("/admin/").content.decode()
    assert "1 critical, 6 warning" in page


def test_the_sidebar_has_the_desks(console: Client) -> None:
    page = console.get("/admin/").content.decode()
    for desk in ("Operations", "Finance", "Trust &amp; Safety", "Support", "System"):
        assert desk in page
    assert 'href="/admin/stations/live/"' in page
