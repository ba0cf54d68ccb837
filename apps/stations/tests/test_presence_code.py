"""A bay with a display sells only to who reads the code that it shows now."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from apps.accounts.models import AttemptCounter
from apps.stations.models import Bay, Command, Wash
from apps.stations.protocol.presence import code_at, code_matches
from apps.stations.services import presence, provisioning
from apps.stations.simulator.tests.bench import Bench
from apps.stations.tests.factories import bay_token
from apps.stations.tokens import make_presence_key
from petwash.testing.staff import member_of

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def display(bay: Bay) -> Bay:
    """A bay that asks for its code."""
    Bay.objects.filter(pk=bay.pk).update(presence_code=True)
    bay.refresh_from_db()
    return bay


def shown(bay: Bay, seconds: int = 0) -> str:
    key = make_presence_key(settings.BAY_TOKEN_KEY, str(bay.public_id), bay.presence_version)
    return code_at(key, str(bay.public_id), datetime.now(UTC) + timedelta(seconds=seconds))


def wrong(bay: Bay) -> str:
    right = {shown(bay, step) for step in (-60, -30, 0, 30, 60)}
    return next(code for code in map("{:04d}".format, range(10)) if code not in right)


def buy(api, bay: Bay, code: str | None, key: str = "a-fresh-key", address: str = "203.0.113.9"):
    body = {
        "bay_id": str(bay.public_id),
        "bay_token": bay_token(bay),
        "program": "quick",
        "payment_method": "pm_card_visa",
    }
    if code is not None:
        body["presence_code"] = code
    url = "/api/v1/wash/payment/activate"
    return api().post(url, body, headers={"Idempotency-Key": key}, REMOTE_ADDR=address)


def nothing_was_sold(sandbox) -> None:
    assert sandbox.objects("payment_intent") == []
    assert not Wash.objects.exists()
    assert not Command.objects.exists()


@pytest.mark.django_db
def test_the_code_on_the_display_buys(api, display: Bay, stripe_sandbox) -> None:
    assert buy(api, display, shown(display)).status_code == 202


@pytest.mark.django_db
def test_a_repeat_is_not_asked_for_the_code_of_then_again(api, display: Bay, stripe_sandbox) -> None:
    code = shown(display)
    first = buy(api, display, code)
    from apps.common.models import IdempotencyRecord

    IdempotencyRecord.objects.all().delete()  # the answer was lost in a crash, the wash was not
    again = buy(api, display, wrong(display))
    assert again.json()["wash_token"] == first.json()["wash_token"]
    assert Wash.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "refusal"), [(None, "presence_code_required"), ("wrong", "presence_code_invalid")])
def test_without_it_nothing_is_charged(api, display: Bay, stripe_sandbox, code, refusal: str) -> None:
    answer = buy(api, display, wrong(display) if code else None)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, refusal)
    nothing_was_sold(stripe_sandbox)


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["123", "12345", "12a4", "\uff11\uff12\uff13\uff14"])
def test_what_is_no_code_names_the_field(api, display: Bay, stripe_sandbox, code: str) -> None:
    answer = buy(api, display, code)
    assert answer.status_code == 400
    nothing_was_sold(stripe_sandbox)


@pytest.mark.django_db
def test_a_bay_without_a_display_takes_no_code(api, bay: Bay, stripe_sandbox) -> None:
    answer = buy(api, bay, "1234")
    assert answer.status_code == 400
    assert "presence_code" in answer.json()["error"]["details"]
    nothing_was_sold(stripe_sandbox)


@pytest.mark.django_db
def test_five_wrong_codes_lock_an_address_out_even_with_the_right_one(api, display: Bay, stripe_sandbox) -> None:
    for _ in range(5):
        assert buy(api, display, wrong(display)).status_code == 403
    answer = buy(api, display, shown(display))
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_attempts")
    nothing_was_sold(stripe_sandbox)
    assert buy(api, display, shown(display), address="203.0.113.10").status_code == 202


@pytest.mark.django_db
def test_thirty_wrong_codes_close_the_bay_to_every_address(api, display: Bay, stripe_sandbox) -> None:
    for number in range(30):
        assert buy(api, display, wrong(display), address=f"203.0.113.{number // 3}").status_code == 403
    assert buy(api, display, shown(display), address="198.51.100.1").status_code == 429
    nothing_was_sold(stripe_sandbox)
    AttemptCounter.objects.all().delete()
    assert buy(api, display, shown(display), address="198.51.100.1").status_code == 202


@pytest.mark.parametrize(("seconds", "holds"), [(-36, False), (-35, True), (0, True), (54, True), (55, False)])
def test_a_neighbouring_window_is_taken_and_no_other(seconds: int, holds: bool) -> None:
    """The moment is five seconds into its window."""
    code = code_at("key", "bay", MOMENT)
    others = {code_at("key", "bay", MOMENT + timedelta(seconds=30 * step)) for step in range(-4, 5) if step}
    assert code not in others
    assert code_matches(code, "key", "bay", MOMENT + timedelta(seconds=seconds)) is holds


def test_the_code_depends_on_key_and_bay() -> None:
    assert len({code_at("key", "bay", MOMENT), code_at("key", "yab", MOMENT), code_at("yek", "bay", MOMENT)}) == 3


@pytest.mark.django_db
def test_the_device_and_the_server_make_the_same_code(tmp_path, settings) -> None:
    from dataclasses import replace

    from apps.stations.simulator.station_file import DisplaySpec

    settings.PETWASH_HOME = str(tmp_path)
    file = provisioning.provision_station(slug="glade", name="Glade", bays=1, displays=True)
    entry, bay = file["bays"][0], Bay.objects.get()
    assert (entry["display"], bay.presence_code) == (True, True)
    bench = Bench()
    bench.device.station = replace(
        bench.device.station, displays={1: DisplaySpec(entry["id"], entry["presence_key"], lit=True)}
    )
    assert bench.device.presence_code(1, datetime.now(UTC)) in {shown(bay), shown(bay, -1)}
    rotated = provisioning.provision_station(slug="glade", name="", bays=1, rotate=True)
    assert rotated["bays"][0]["presence_key"] != entry["presence_key"]
    assert rotated["bays"][0]["bay_token"] == entry["bay_token"]


@pytest.mark.django_db
def test_staff_switch_it_with_a_reason(bay: Bay) -> None:
    person = member_of("Operations")
    presence.ask_for_code(person, str(bay.public_id), reason="display fitted")
    bay.refresh_from_db()
    assert bay.presence_code
    presence.ask_for_no_code(person, str(bay.public_id), reason="display broken")
    bay.refresh_from_db()
    assert not bay.presence_code
