"""A wash that never ends holds its bay: a person is called, and may end it with a refund."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from apps.common.clock import real_now
from apps.common.errors import Conflict, NotFound
from apps.common.models import AuditEntry
from apps.stations.models import Alert, Wash
from apps.stations.services import staff, sweeps
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db


def test_it_is_no_alarm_until_a_quarter_of_an_hour_after_its_end(running: Wash) -> None:
    Wash.objects.update(started_at=real_now() - timedelta(seconds=300 + 890))
    assert sweeps.sweep_overdue() == 0
    Wash.objects.update(started_at=real_now() - timedelta(seconds=300 + 910))
    sweeps.sweep_overdue()
    assert sweeps.sweep_overdue() == 1
    assert [alert.component for alert in Alert.objects.all()] == ["bay:1:overdue"]


def test_writing_it_off_refunds_what_was_not_used_and_frees_the_bay(
    running: Wash, device: Device, buy: Any, settle: Any
) -> None:
    device.say(device.state("paused", running, seconds_left=100))
    Wash.objects.update(started_at=real_now() - timedelta(hours=1))
    sweeps.sweep_overdue()
    person = member_of("Operations")
    client = console(person)
    body = {"action": "write_off", ACTION_CHECKBOX_NAME: [running.pk], "reason": "the station burnt down"}
    client.post(reverse("admin:stations_wash_changelist"), body)
    settle()
    wash = Wash.objects.get()
    assert (wash.status, wash.refunded_minor, wash.seconds_used) == (WashStatus.PARTIALLY_REFUNDED, 300, 200)
    assert not Alert.objects.filter(cleared_at=None).exists()
    entry = AuditEntry.objects.get(action="wash.written_off")
    assert (entry.actor_id, entry.reason, entry.facts) == (person.pk, "the station burnt down", {"refund_minor": 300})
    device.say(device.event("finished", running, used=300), device.state("idle"))
    assert Wash.objects.get().status == WashStatus.PARTIALLY_REFUNDED
    assert buy().wash.status == WashStatus.ACTIVATING


def test_what_does_not_run_cannot_be_written_off(paid: Wash, agent: Any) -> None:
    with pytest.raises(Conflict, match="runs or is paused"):
        staff.write_off(agent, str(paid.public_id), reason="?")
    with pytest.raises(NotFound):
        staff.write_off(agent, "0197f0a0-7c1e-7000-8000-000000000001", reason="?")
    assert Wash.objects.get().status == WashStatus.ACTIVATING
    assert not AuditEntry.objects.filter(action="wash.written_off").exists()
