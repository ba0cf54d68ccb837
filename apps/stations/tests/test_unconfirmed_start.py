"""Paid, and no start: cancel what can be cancelled, refund what cannot begin any more, exactly once."""

from datetime import timedelta

import pytest

from apps.common.clock import real_now
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.stations.models import Alert, Command, Station, Wash
from apps.stations.services import sweeps
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device, sent_commands

pytestmark = pytest.mark.django_db


def age(wash: Wash, seconds: int) -> None:
    """Let the purchase and its commands lie that far in the past."""
    gap = timedelta(seconds=seconds)
    assert wash.paid_at
    Wash.objects.filter(pk=wash.pk).update(paid_at=wash.paid_at - gap)
    for command in Command.objects.filter(wash=wash, type="start"):
        Command.objects.filter(pk=command.pk).update(expires_at=command.created_at + timedelta(seconds=30) - gap)


def balance(kind: str) -> int:
    return ledger.balance(AccountRef(kind), "USD").amount_minor


def status_of(wash: Wash) -> str:
    return Wash.objects.get(pk=wash.pk).status


def test_before_45_seconds_nothing_is_done(paid: Wash) -> None:
    age(paid, 44)
    assert sweeps.sweep_starts() == 0
    assert status_of(paid) == WashStatus.ACTIVATING


def test_after_45_seconds_a_station_that_is_online_is_asked_to_cancel(paid: Wash) -> None:
    age(paid, 46)
    sweeps.sweep_starts()
    assert status_of(paid) == WashStatus.UNCONFIRMED
    assert [cancel.wash for cancel in sent_commands("cancel")] == [str(paid.public_id)]
    sweeps.sweep_starts()
    assert Command.objects.filter(type="cancel").count() == 1


def test_cancelled_gives_everything_back(paid: Wash, device: Device, settle) -> None:
    age(paid, 46)
    sweeps.sweep_starts()
    device.say(device.ack(Command.objects.get(type="cancel"), "cancelled"))
    settle()
    assert status_of(paid) == WashStatus.REFUNDED
    assert balance("revenue_wash") == 0


def test_a_cancel_that_finds_the_wash_running_lets_it_run(paid: Wash, device: Device, settle) -> None:
    age(paid, 46)
    sweeps.sweep_starts()
    device.say(
        device.ack(Command.objects.get(type="cancel"), "rejected", "already_started"),
        device.event("started", paid),
    )
    sweeps.sweep_starts()
    settle()
    assert status_of(paid) == WashStatus.RUNNING
    assert balance("revenue_wash") == 900
    assert sent_commands("cancel") == []


def test_a_station_that_is_offline_is_not_asked_and_the_money_waits_for_expiry(paid, station, settle) -> None:
    Station.objects.update(online=False)
    age(paid, 50)
    sweeps.sweep_starts()
    settle()
    assert status_of(paid) == WashStatus.UNCONFIRMED
    assert not Command.objects.filter(type="cancel").exists()
    age(Wash.objects.get(pk=paid.pk), 61)
    sweeps.sweep_starts()
    settle()
    assert status_of(paid) == WashStatus.REFUNDED
    assert balance("revenue_wash") == 0


def test_sweeping_twice_refunds_once(paid: Wash, settle) -> None:
    age(paid, 61)
    sweeps.sweep_starts()
    sweeps.sweep_starts()
    settle()
    sweeps.sweep_starts()
    settle()
    assert Wash.objects.get(pk=paid.pk).refunded_minor == 900
    assert (balance("revenue_wash"), balance("stripe_clearing")) == (0, 0)


@pytest.mark.parametrize("refund_sent", [True, False])
def test_a_start_after_the_refund_is_goodwill_with_an_alert(paid, device: Device, settle, refund_sent) -> None:
    age(paid, 61)
    sweeps.sweep_starts()
    if refund_sent:
        settle()
    late = device.event("started", paid, offline=True)
    device.say(late)
    device.say(late)
    device.say(device.event("finished", paid, used=300))
    settle()
    wash = Wash.objects.get(pk=paid.pk)
    assert (wash.status, wash.goodwill, wash.seconds_used) == (WashStatus.REFUNDED, True, 300)
    assert balance("goodwill") == 900
    assert balance("stripe_clearing") == 0
    assert [alert.component for alert in Alert.objects.all()] == ["bay:1:late-start"]


def test_a_lease_that_nobody_pays_ends_and_frees_the_bay(buy, api, bay) -> None:
    wash = buy(payment_method="pm_card_authenticationRequired").wash
    assert sweeps.sweep_leases() == 0
    Wash.objects.update(lease_expires_at=real_now() - timedelta(seconds=1))
    sweeps.sweep_leases()
    assert status_of(wash) == WashStatus.CANCELLED
    assert buy().wash.status == WashStatus.ACTIVATING
