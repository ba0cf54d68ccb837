"""Dead letters are taken again through the very same intake, each once, and tell what came of it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.urls import reverse

from apps.common.errors import Conflict, NotFound
from apps.common.models import AuditEntry
from apps.stations.models import Bay, DeadLetter, Station, StationEvent, Wash
from apps.stations.services import intake, replay
from apps.stations.services.intake import Raw
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station
from petwash.testing.races import crowd
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def too_early(device: Device, station: Station) -> DeadLetter:
    """An event of a third bay, which was put up before anybody told the server."""
    device.say(device.event("fault", None, bay=3))
    return DeadLetter.objects.get()


@pytest.fixture
def third(too_early: DeadLetter, station: Station) -> Bay:
    """The cause is gone."""
    return Bay.objects.create(station=station, number=3)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("replay_dead_letters", *arguments, stdout=out)
    return out.getvalue()


def test_what_is_still_wrong_is_refused_again_and_stays(too_early: DeadLetter) -> None:
    letter = replay.replay(None, too_early.pk, reason="try")
    assert (letter.outcome, letter.taken_at) == ("refused: unknown_bay", None)
    assert letter.tried_at is not None
    assert DeadLetter.objects.count() == 1
    assert not StationEvent.objects.exists()


def test_once_the_cause_is_gone_it_is_taken_and_never_again(too_early: DeadLetter, third: Bay) -> None:
    letter = replay.replay(None, too_early.pk, reason="the bay is there now")
    assert (letter.outcome, letter.taken_at) == ("taken", letter.tried_at)
    assert StationEvent.objects.get().bay == third
    with pytest.raises(Conflict) as refusal:
        replay.replay(None, too_early.pk, reason="again")
    assert refusal.value.code == "already_taken"
    entry = AuditEntry.objects.get(action="dead_letter.replayed")
    assert (entry.subject, entry.reason, entry.facts) == (str(letter.pk), "the bay is there now", {"outcome": "taken"})


def test_the_event_that_came_by_itself_meanwhile_counts_once(device: Device, paid: Wash) -> None:
    started = device.event("started", paid)
    device.say(Raw(started.topic.replace("bay/1", "bay/2"), started.payload), started)
    letter = DeadLetter.objects.get()
    DeadLetter.objects.filter(pk=letter.pk).update(topic=started.topic)
    assert replay.replay(None, letter.pk, reason="wrong topic").outcome == "taken"
    assert StationEvent.objects.count() == 1
    assert Wash.objects.get().status == WashStatus.RUNNING


@pytest.mark.parametrize("word", ["conn", "state", "level"])
def test_a_word_of_the_moment_is_not_repeated_later(device: Device, station: Station, word: str) -> None:
    """Its counters may be of the board before this one, or a thief's: it would be the newest for ever."""
    highest: dict[str, Any] = {"boot": 2**31 - 1, "seq": 2**53 - 1}
    said = {
        "conn": device.conn(online=False),
        "state": device.state("fault", fault="stolen", **highest),
        "level": device.level(1, **highest),
    }[word]
    letter = DeadLetter.objects.create(topic=said.topic, payload=said.payload.decode(), reason="unknown_station: once")
    with pytest.raises(Conflict) as refusal:
        replay.replay(None, letter.pk, reason="try")
    assert refusal.value.code == "not_replayable"
    device.say(device.state("ready"), device.level(9_000))
    station.refresh_from_db()
    assert station.online
    assert (station.bays.get(number=1).state, station.tanks.get(chemical="shampoo").level_ml) == ("ready", 9_000)


@pytest.mark.django_db(transaction=True)
def test_two_of_staff_at_once_take_it_once(too_early: DeadLetter, third: Bay) -> None:
    people = [member_of("Operations"), member_of("Operations")]
    ended = crowd(2, lambda number: replay.replay(people[number], too_early.pk, reason="the bay is there").outcome)
    assert sorted(ended) == ["already_taken", "taken"]
    assert StationEvent.objects.count() == 1
    assert AuditEntry.objects.get(action="dead_letter.replayed").actor_id == people[ended.index("taken")].pk


def test_there_is_no_such_letter(station: Station) -> None:
    with pytest.raises(NotFound):
        replay.replay(None, 1, reason="try")


def test_a_database_away_leaves_the_letter_as_it_was(too_early: DeadLetter, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(raw: Raw) -> Any:
        raise OperationalError("the server closed the connection unexpectedly")

    monkeypatch.setattr(intake, "take_again", away)
    with pytest.raises(OperationalError):
        replay.replay(None, too_early.pk, reason="try")
    too_early.refresh_from_db()
    assert (too_early.tried_at, too_early.outcome) == (None, "")


def test_the_command_rehearses_first_and_changes_nothing(too_early: DeadLetter, third: Bay) -> None:
    said = run("--reason", "unknown_bay", "--station", "riverside")
    assert "-> taken" in said
    assert "Nothing was changed. Would be: 1 taken." in said
    too_early.refresh_from_db()
    assert (too_early.tried_at, StationEvent.objects.count()) == (None, 0)
    with pytest.raises(CommandError, match="--why"):
        run("--apply")
    assert run("--apply", "--why", "bay 3 is known now").endswith("1 taken\n")
    assert run("--apply", "--why", "again").strip() == "no dead letters"
    assert StationEvent.objects.count() == 1


def test_the_command_chooses_by_reason_station_and_days(too_early: DeadLetter) -> None:
    Device(make_station("hillside")).say(Raw("pw/v1/st/hillside/alert", json.dumps({}).encode()))
    day = too_early.received_at.date().isoformat()
    assert run("--station", "hillside").count("->") == 1
    assert run("--reason", "unknown_bay").count("->") == 1
    assert run("--since", day, "--until", day).count("->") == 2
    assert run("--until", "2020-01-01").count("->") == 0
    assert run("--limit", "1").count("->") == 1


def test_operations_take_letters_again_in_the_console_with_a_reason(too_early: DeadLetter, third: Bay) -> None:
    page = reverse("admin:stations_deadletter_changelist")
    chosen = {"action": "replay", ACTION_CHECKBOX_NAME: [too_early.pk]}
    support = console(member_of("Support")).post(page, {**chosen, "reason": "x"}, follow=True)
    assert support.status_code in (200, 403)
    too_early.refresh_from_db()
    assert too_early.tried_at is None
    client = console(member_of("Operations"))
    assert client.post(page, chosen).status_code == 200  # asks why
    too_early.refresh_from_db()
    assert too_early.tried_at is None
    client.post(page, {**chosen, "reason": "bay 3 is known now"}, follow=True)
    too_early.refresh_from_db()
    assert too_early.outcome == "taken"
