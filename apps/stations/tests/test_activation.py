"""A walk-in customer pays once, owns the wash, and the start is on its way in the same moment."""

from datetime import timedelta

import pytest

from apps.common.clock import real_now
from apps.common.heartbeats import beat
from apps.common.models import Heartbeat, IdempotencyRecord
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments import services as payments
from apps.stations.models import Bay, Command, Station, Tank, Wash
from apps.stations.protocol import messages
from apps.stations.states import BayState, TankStatus, WashStatus
from apps.stations.tests.factories import bay_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]
URL = "/api/v1/wash/payment/activate"


def order(bay: Bay, **changes: str) -> dict[str, str]:
    return {
        "bay_id": str(bay.public_id),
        "bay_token": bay_token(bay),
        "program": "quick",
        "payment_method": "pm_card_visa",
    } | changes


def post(api, body, key: str = "a-fresh-key"):
    return api().post(URL, body, headers={"Idempotency-Key": key})


def revenue() -> int:
    return ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor


def test_a_paid_wash_is_activating_and_its_start_is_written_down(api, bay: Bay) -> None:
    answer = post(api, order(bay))
    assert answer.status_code == 202
    body = answer.json()
    wash = Wash.objects.get()
    assert body["wash"] == {
        "id": str(wash.public_id),
        "status": "activating",
        "bay_id": str(bay.public_id),
        "program": "quick",
        "total_seconds": 300,
        "seconds_left": 300,
        "amount_minor": 900,
        "refunded_minor": 0,
        "currency": "USD",
        "top_ups": [],
        "can_move_to": [],
        "move_until": None,
    }
    start = messages.Command.parse(Command.objects.get().body.encode())
    assert (start.type, start.bay, start.wash) == ("start", 1, str(wash.public_id))
    assert (start.total_seconds, start.program) == (300, "quick")
    assert revenue() == 900
    assert [step.to_status for step in wash.transitions.all()] == ["awaiting_payment", "activating"]


def test_the_token_of_the_answer_opens_the_wash_and_is_kept_as_a_hash(api, bay: Bay) -> None:
    body = post(api, order(bay)).json()
    assert body["wash_token"] not in str(Wash.objects.values())
    own = api().get(f"/api/v1/wash/{body['wash']['id']}", headers={"X-Wash-Token": body["wash_token"]})
    assert own.status_code == 200
    assert own.json()["status"] == "activating"


def test_the_same_key_again_gives_the_first_answer_and_charges_nothing(api, bay: Bay) -> None:
    first, again = post(api, order(bay)), post(api, order(bay))
    assert again.status_code == 202
    assert again.json() == first.json()
    assert Wash.objects.count() == 1
    assert revenue() == 900


def test_the_same_key_for_another_program_is_refused(api, bay: Bay) -> None:
    post(api, order(bay))
    other = post(api, order(bay, program="other"))
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "idempotency_key_reused"


def test_without_a_key_nothing_happens(api, bay: Bay) -> None:
    answer = api().post(URL, order(bay))
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["error"]["details"]
    assert not Wash.objects.exists()


def test_a_declined_card_ends_the_lease_and_moves_no_bay(api, bay: Bay) -> None:
    answer = post(api, order(bay, payment_method="pm_card_chargeDeclined"))
    assert answer.status_code == 402
    assert answer.json()["error"]["code"] == "card_declined"
    assert Wash.objects.get().status == WashStatus.CANCELLED
    assert not Command.objects.exists()
    assert revenue() == 0
    assert post(api, order(bay), key="another-key").status_code == 202


def test_a_card_that_needs_3d_secure_waits_with_the_bay_leased(api, bay: Bay) -> None:
    answer = post(api, order(bay, payment_method="pm_card_authenticationRequired"))
    assert answer.status_code == 202
    assert answer.json()["wash"]["status"] == "awaiting_payment"
    assert answer.json()["client_secret"]
    assert not Command.objects.exists()
    rival = post(api, order(bay), key="another-key")
    assert rival.status_code == 409
    assert rival.json()["error"]["code"] == "bay_busy"


def refuse_busy(station: Station, bay: Bay) -> None:
    Bay.objects.filter(pk=bay.pk).update(state=BayState.RUNNING)


def refuse_sanitizing(station: Station, bay: Bay) -> None:
    Bay.objects.filter(pk=bay.pk).update(state=BayState.SANITIZING)


def refuse_fault(station: Station, bay: Bay) -> None:
    Bay.objects.filter(pk=bay.pk).update(state=BayState.FAULT, fault="no_water")


def refuse_offline(station: Station, bay: Bay) -> None:
    Station.objects.filter(pk=station.pk).update(online=False)


def refuse_tank(station: Station, bay: Bay) -> None:
    Tank.objects.filter(station=station, chemical="shampoo").update(level_ml=149)


def refuse_unknown_level(station: Station, bay: Bay) -> None:
    Tank.objects.filter(station=station, chemical="shampoo").update(status=TankStatus.UNKNOWN)


def refuse_host(station: Station, bay: Bay) -> None:
    Heartbeat.objects.filter(name="bridge").delete()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (refuse_busy, "bay_busy"),
        (refuse_sanitizing, "bay_busy"),
        (refuse_fault, "bay_fault"),
        (refuse_offline, "bay_offline"),
        (refuse_tank, "tank_too_low"),
        (refuse_unknown_level, "tank_too_low"),
        (refuse_host, "station_no_host"),
    ],
)
def test_what_cannot_be_washed_is_refused_before_any_payment(api, station, bay: Bay, spoil, code: str) -> None:
    spoil(station, bay)
    answer = post(api, order(bay))
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == code
    assert not Wash.objects.exists()
    assert revenue() == 0


def test_a_stale_heartbeat_is_no_host(api, bay: Bay) -> None:
    beat("bridge")
    Heartbeat.objects.filter(name="bridge").update(beaten_at=real_now() - timedelta(seconds=31))
    assert post(api, order(bay)).json()["error"]["code"] == "station_no_host"


def test_chemicals_sold_to_the_other_bay_are_spoken_for(api, station: Station, bay: Bay) -> None:
    Tank.objects.filter(station=station, chemical="shampoo").update(level_ml=299)
    assert post(api, order(bay)).status_code == 202
    other = post(api, order(station.bays.get(number=2)), key="another-key")
    assert other.json()["error"]["code"] == "tank_too_low"
    assert other.json()["error"]["details"]["chemical"] == "shampoo"


@pytest.mark.parametrize("token", ["bay1.1.forged", "", "x" * 200])
def test_who_does_not_stand_at_the_bay_buys_nothing(api, bay: Bay, token: str) -> None:
    answer = post(api, order(bay, bay_token=token))
    assert answer.status_code in (400, 403)
    assert not Wash.objects.exists()


@pytest.mark.parametrize("code", ["0000", "12a4"])
def test_a_presence_code_that_nobody_could_check_is_refused(api, bay: Bay, code: str) -> None:
    answer = post(api, order(bay, presence_code=code))
    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]) == ["presence_code"]
    assert not Wash.objects.exists()
    assert post(api, order(bay)).status_code == 202


def test_another_bays_code_does_not_open_this_bay(api, station: Station, bay: Bay) -> None:
    answer = post(api, order(bay, bay_token=bay_token(station.bays.get(number=2))))
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "bay_token_invalid"


def test_an_unknown_program_is_named(api, bay: Bay) -> None:
    answer = post(api, order(bay, program="golden"))
    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == {"program": ["is not offered at this station"]}


def test_an_unknown_bay_is_not_found(api, bay: Bay) -> None:
    answer = post(api, order(bay, bay_id="0197f0a0-7c1e-7000-8000-000000000001"))
    assert answer.status_code == 404


def test_a_later_price_change_does_not_touch_a_sold_wash(api, station: Station, bay: Bay) -> None:
    post(api, order(bay))
    station.programs.update(price_minor=5_000, seconds=10)
    wash = Wash.objects.get()
    assert (wash.amount_minor, wash.total_seconds) == (900, 300)


def test_a_repeat_after_a_crash_goes_on_with_the_same_wash_and_token(api, bay: Bay, monkeypatch) -> None:
    """The process dies after the charge: the customer's repeat gets the wash that was paid."""
    charge = payments.execute_payment

    def die(payment_id: str) -> None:
        charge(payment_id)
        raise SystemExit

    with monkeypatch.context() as crash:
        crash.setattr(payments, "execute_payment", die)
        with pytest.raises(SystemExit):
            post(api, order(bay))
    IdempotencyRecord.objects.update(lease_expires_at=real_now())
    answer = post(api, order(bay))
    assert answer.status_code == 202
    wash = Wash.objects.get()
    assert answer.json()["wash"]["id"] == str(wash.public_id)
    token = answer.json()["wash_token"]
    assert api().get(f"/api/v1/wash/{wash.public_id}", headers={"X-Wash-Token": token}).status_code == 200
    assert revenue() == 900
    assert Command.objects.count() == 1


CONFIRM = r"/v1/payment_intents/[^/]+/confirm"


def test_without_an_answer_the_wash_waits_and_the_late_success_starts_it(api, bay: Bay, stripe_sandbox) -> None:
    stripe_sandbox.fault("POST", CONFIRM, "drop_answer", times=3)
    answer = post(api, order(bay))
    assert (answer.status_code, answer.json()["wash"]["status"]) == (202, "awaiting_payment")
    assert not Command.objects.exists()
    stripe_sandbox.deliver_webhooks()
    assert Wash.objects.get().status == WashStatus.ACTIVATING
    assert (Command.objects.count(), revenue()) == (1, 900)


def test_a_success_after_the_lease_is_given_back_and_starts_nothing(api, bay: Bay, stripe_sandbox, settle) -> None:
    stripe_sandbox.fault("POST", CONFIRM, "drop_answer", times=3)
    post(api, order(bay))
    Wash.objects.update(lease_expires_at=real_now())
    stripe_sandbox.deliver_webhooks()
    settle()
    wash = Wash.objects.get()
    assert (wash.status, wash.refunded_minor, wash.reason) == (WashStatus.REFUNDED, 900, "lease_ended")
    assert not Command.objects.exists()
    assert revenue() == 0
    assert post(api, order(bay), key="another-key").status_code == 202
