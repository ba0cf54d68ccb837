"""An alert over HTTP: from the station that signed it, or from staff of Operations, once by event id."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from apps.accounts.tests.factories import StaffFactory
from apps.common.clock import real_now
from apps.stations import alert_signing
from apps.stations.models import Alert, Station
from apps.stations.tests.factories import make_station

pytestmark = pytest.mark.django_db
URL = "/api/v1/wash/maintenance/alert"


def report(**changes: object) -> bytes:
    body = {
        "station_id": "riverside",
        "chemical": "shampoo",
        "severity": "critical",
        "level_pct": 7,
        "event_id": "01J9Z3K4M5N6P7Q8R9S0T1V2W3",
        "ts": "2026-01-02T03:04:05Z",
    } | changes
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


def post(api, body: bytes, headers: dict[str, str]):
    return api().generic("POST", URL, body, content_type="application/json", headers=headers)


def signed(station: Station, body: bytes, *, seconds_ago: float = 0) -> dict[str, str]:
    return alert_signing.signed_headers(station.credential.hmac_key, body, real_now() - timedelta(seconds=seconds_ago))


def test_a_signed_alert_is_raised(api, station: Station) -> None:
    body = report()
    answer = post(api, body, signed(station, body))
    assert answer.status_code == 201
    alert = answer.json()["alert"]
    assert (alert["station_id"], alert["component"], alert["severity"]) == ("riverside", "tank:shampoo", "critical")
    assert Alert.objects.get().level_pct == 7


def test_a_repeat_of_the_event_is_the_same_alert(api, station: Station) -> None:
    body = report()
    first, again = post(api, body, signed(station, body)), post(api, body, signed(station, body))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["alert"]["id"] == first.json()["alert"]["id"]
    assert Alert.objects.count() == 1


def test_a_repeat_after_the_alert_was_cleared_raises_nothing(api, station: Station) -> None:
    body = report()
    post(api, body, signed(station, body))
    Alert.objects.update(cleared_at=real_now())
    assert post(api, body, signed(station, body)).status_code == 200
    assert not Alert.objects.filter(cleared_at=None).exists()


def test_a_replayed_request_is_refused(api, station: Station) -> None:
    body = report()
    headers = signed(station, body)
    post(api, body, headers)
    answer = post(api, body, headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "signature_replayed")


def test_a_station_that_never_stops_complaining_is_told_to_wait_and_others_are_heard(api, station: Station) -> None:
    for number in range(120):
        body = report(event_id=f"complaint-{number}")
        assert post(api, body, signed(station, body)).status_code == 201
    body = report(event_id="complaint-120")
    answer = post(api, body, signed(station, body))
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_attempts")
    assert 55 <= int(answer["Retry-After"]) <= 60
    other = make_station("hillside")
    body = report(station_id="hillside")
    assert post(api, body, signed(other, body)).status_code == 201


@pytest.mark.parametrize("seconds_ago", [301, -301])
def test_a_stale_timestamp_is_refused(api, station: Station, seconds_ago: float) -> None:
    body = report()
    answer = post(api, body, signed(station, body, seconds_ago=seconds_ago))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signature_stale")
    assert not Alert.objects.exists()


def test_a_forged_altered_or_foreign_signature_is_refused(api, station: Station) -> None:
    hillside = make_station("hillside")
    body = report()
    forged = signed(station, body) | {alert_signing.SIGNATURE_HEADER: "sha256=" + "0" * 64}
    for payload, headers in (
        (body, forged),
        (report(level_pct=99), signed(station, body)),
        (body, signed(hillside, body)),
        (report(station_id="nowhere"), signed(station, report(station_id="nowhere"))),
    ):
        answer = post(api, payload, headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signature_invalid")
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"severity": "terrible"}, "severity"),
        ({"level_pct": 101}, "level_pct"),
        ({"chemical": None}, "chemical"),
        ({"component": "pump"}, "chemical"),
        ({"chemical": "glue"}, "chemical"),
        ({"chemical": None, "component": "pump-7"}, "component"),
        ({"chemical": None, "component": "bay-3"}, "component"),
        ({"chemical": None, "component": "bay-01"}, "component"),
        ({"event_id": None}, "event_id"),
    ],
)
def test_bad_input_names_the_field(api, station: Station, changes: dict[str, object], field: str) -> None:
    body = report(**changes)
    answer = post(api, body, signed(station, body))
    assert answer.status_code == 400
    assert field in answer.json()["error"]["details"]
    assert not Alert.objects.exists()


def test_nobody_in_particular_may_not_report(api, station: Station, owner) -> None:
    assert api().post(URL, json.loads(report())).status_code == 401
    assert api(owner).post(URL, json.loads(report())).status_code == 403
    assert not Alert.objects.exists()


def test_staff_of_operations_may(api, station: Station) -> None:
    operator: Any = StaffFactory(is_superuser=False)
    assert api(operator).post(URL, json.loads(report())).status_code == 403
    operator.groups.add(Group.objects.get(name="Operations"))
    assert api(operator, second_factor=False).post(URL, json.loads(report())).status_code == 403
    assert not Alert.objects.exists()
    answer = api(operator).post(URL, json.loads(report(chemical=None, component="pump", level_pct=None)))
    assert answer.status_code == 201
    entry = Alert.objects.get(component="pump").entries.get()
    assert (entry.change, entry.actor_id) == ("raised", operator.pk)
