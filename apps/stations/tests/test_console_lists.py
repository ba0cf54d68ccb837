"""The console's lists of stations: who sees what, alerts taken on with a reason, no query per row."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.common.models import AuditEntry
from apps.stations.models import Alert, Station, Wash
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db
LISTS = ("station", "bay", "tank", "wash", "alert", "command", "deadletter", "bridgeshard")


def choose(client: Client, action: str, *alerts: Alert, **data: str) -> Any:
    keys = [alert.pk for alert in alerts]
    return client.post(
        reverse("admin:stations_alert_changelist"), {"action": action, ACTION_CHECKBOX_NAME: keys, **data}, follow=True
    )


@pytest.fixture
def low(device: Device) -> Alert:
    device.say(device.level(1_000))
    return Alert.objects.get()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(("group", "status"), [("Operations", 200), ("Support", 200), ("Finance", 403)])
def test_operations_and_support_look_the_others_do_not(station: Station, name: str, group: str, status: int) -> None:
    page = console(member_of(group)).get(reverse(f"admin:stations_{name}_changelist"))
    assert page.status_code == status


def test_a_station_shows_no_credential(agent: User, station: Station) -> None:
    page = console(agent).get(reverse("admin:stations_station_change", args=[station.pk])).content.decode()
    assert "Riverside" in page
    assert station.credential.hmac_key not in page


def test_a_wash_tells_its_story_and_not_its_token(agent: User, running: Wash) -> None:
    page = console(agent).get(reverse("admin:stations_wash_change", args=[running.pk])).content.decode()
    for word in ("awaiting_payment", "activating", "running", str(running.public_id)):
        assert word in page
    assert running.token_hash not in page


def test_acknowledging_asks_for_a_reason_first(low: Alert) -> None:
    person = member_of("Operations")
    client = console(person)
    asked = choose(client, "acknowledge", low)
    assert asked.status_code == 200
    assert "Why?" in asked.content.decode()
    assert not Alert.objects.exclude(acknowledged_at=None).exists()
    choose(client, "acknowledge", low, reason="refill ordered")
    assert Alert.objects.exclude(acknowledged_at=None).count() == 1
    entry = low.entries.last()
    assert entry is not None
    assert (entry.actor_id, entry.reason) == (person.pk, "refill ordered")


def test_clearing_closes_and_a_second_time_is_told(low: Alert) -> None:
    client = console(member_of("Operations"))
    choose(client, "clear", low, reason="refilled")
    low.refresh_from_db()
    assert low.cleared_at is not None
    page = choose(client, "clear", low, reason="again")
    assert "already cleared" in page.content.decode()


def test_support_may_not_act(low: Alert) -> None:
    choose(console(member_of("Support")), "clear", low, reason="because")
    low.refresh_from_db()
    assert low.cleared_at is None


@pytest.mark.parametrize("name", ["station", "bay", "tank", "wash", "alert", "command"])
def test_more_rows_do_not_mean_more_queries(agent: User, buy: Any, django_assert_num_queries: Any, name: str) -> None:
    def fill(slug: str) -> None:
        other = make_station(slug)
        buy(at=other.bays.get(number=1))
        device = Device(other)
        device.say(device.level(1_000))

    client, url = console(agent), reverse(f"admin:stations_{name}_changelist")
    fill("one")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    fill("two")
    fill("three")
    with django_assert_num_queries(len(few)):
        client.get(url)


def test_a_stolen_station_is_cut_off_with_a_reason(station: Station) -> None:
    client, page = console(member_of("Operations")), reverse("admin:stations_station_changelist")
    body = {"action": "revoke", ACTION_CHECKBOX_NAME: [station.pk]}
    assert 'name="reason"' in client.post(page, body).content.decode()
    assert Station.objects.get().revoked_at is None
    client.post(page, {**body, "reason": "Stolen at night."})
    assert Station.objects.get().revoked_at is not None
    assert AuditEntry.objects.get(action="station.revoked").reason == "Stolen at night."


def test_support_cannot_cut_a_station_off(station: Station) -> None:
    body = {"action": "revoke", ACTION_CHECKBOX_NAME: [station.pk], "reason": "Because."}
    console(member_of("Support")).post(reverse("admin:stations_station_changelist"), body)
    assert Station.objects.get().revoked_at is None
