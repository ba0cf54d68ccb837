"""A station's photo: set by Operations with a reason, shown to everybody, replaced and removed without a trace."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from apps.common import pictures
from apps.common.bodies import door_of
from apps.common.clock import real_now
from apps.common.errors import InvalidInput, NotFound
from apps.common.models import AuditEntry
from apps.common.tests.uploads import picture, upload
from apps.stations import tasks
from apps.stations.bay_codes import bay_path
from apps.stations.models import Bay, Station
from apps.stations.services import photos
from apps.stations.tests.factories import bay_token
from petwash.testing.races import race
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db
PAGE = "/api/v1/wash/stations/riverside"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """A folder of this test alone."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def shown(station: Station, agent: Any) -> Station:
    """The station with a photo."""
    return photos.set_photo(agent, "riverside", upload=upload(picture((400, 300))), reason="new front")


def files(media: Path) -> list[str]:
    return sorted(str(path.relative_to(media)) for path in media.rglob("*.webp"))


def test_the_api_names_it_and_everybody_can_load_it(api: Any, shown: Station, settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://petwash.example"
    url = api().get(PAGE).json()["photo_url"]
    assert re.fullmatch(r"https://petwash\.example/pictures/stations/[0-9a-f]{32}\.webp", url)
    [listed] = api().get("/api/v1/wash/stations").json()["results"]
    assert listed["photo_url"] == url
    answer = Client().get(url.removeprefix("https://petwash.example"))
    assert (answer.status_code, answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        200,
        "image/webp",
        "nosniff",
    )
    assert answer.content[8:12] == b"WEBP"


def test_without_a_photo_it_is_null(api: Any, station: Station) -> None:
    assert api().get(PAGE).json()["photo_url"] is None


def test_a_new_one_replaces_the_file_and_the_address(shown: Station, agent: Any, media: Path) -> None:
    before = shown.photo
    after = photos.set_photo(agent, "riverside", upload=upload(picture((30, 60))), reason="painted").photo
    assert (files(media), before != after) == ([after], True)
    assert Client().get(f"/pictures/{before}").status_code == 404
    row = Station.objects.get()
    assert (row.photo, row.photo_width, row.photo_height) == (after, 30, 60)
    entry = AuditEntry.objects.filter(action="station.photo_set").latest("id")
    assert (entry.actor_id, entry.reason, entry.subject) == (agent.pk, "painted", "riverside")


def test_removing_it_removes_the_file_once(shown: Station, agent: Any, media: Path, api: Any) -> None:
    for _ in range(2):
        photos.remove_photo(agent, "riverside", reason="shows a customer")
    assert (files(media), Station.objects.get().photo, api().get(PAGE).json()["photo_url"]) == ([], "", None)
    assert AuditEntry.objects.filter(action="station.photo_removed").count() == 1


def test_what_is_refused_stores_nothing_and_keeps_the_photo(shown: Station, agent: Any, media: Path) -> None:
    for slug, content, reason, refusal in (
        ("riverside", b"no picture", "why", InvalidInput),
        ("riverside", picture(), " ", InvalidInput),
        ("nowhere", picture(), "why", NotFound),
    ):
        with pytest.raises(refusal):
            photos.set_photo(agent, slug, upload=upload(content), reason=reason)
    assert files(media) == [shown.photo] == [Station.objects.get().photo]


def test_a_storage_that_is_away_leaves_the_photo(shown: Station, agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*given: Any) -> str:
        raise OSError("full")

    monkeypatch.setattr(default_storage, "save", away)
    with pytest.raises(OSError, match="full"):
        photos.set_photo(agent, "riverside", upload=upload(picture()), reason="new")
    assert Station.objects.get().photo == shown.photo


def test_only_what_a_station_in_service_shows_is_served(shown: Station, media: Path) -> None:
    (media / "stations" / "other.webp").write_bytes(b"not shown")
    assert Client().get("/pictures/stations/other.webp").status_code == 404
    assert Client().get("/pictures/stations/..%2f..%2fetc%2fpasswd").status_code == 404
    assert Client().get("/pictures/stations/").status_code == 404
    assert Client().post(f"/pictures/{shown.photo}").status_code == 405
    Station.objects.update(revoked_at=shown.created_at)
    assert Client().get(f"/pictures/{shown.photo}").status_code == 404


def test_the_page_at_the_bay_loads_it_lazily_from_here_alone(shown: Station, bay: Bay) -> None:
    answer = Client().get(bay_path(str(bay.public_id), bay_token(bay)))
    [tag] = re.findall(r"<img[^>]*>", answer.content.decode())
    for part in (f'src="/pictures/{shown.photo}"', 'width="400"', 'height="300"', 'loading="lazy"', 'alt="'):
        assert part in tag
    assert "img-src 'self';" in answer["Content-Security-Policy"]
    assert len(answer.content) < 40_000


def test_without_a_photo_the_page_has_no_picture(station: Station, bay: Bay) -> None:
    assert "<img" not in Client().get(bay_path(str(bay.public_id), bay_token(bay))).content.decode()


DAY = 24 * 3600


def lie(media: Path, name: str, age: float) -> str:
    """Put a file into the folder as if it had been written so many seconds ago."""
    file = media / "stations" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"left by a crash")
    then = real_now().timestamp() - age
    os.utime(file, (then, then))
    return f"stations/{name}"


def test_what_a_crash_left_is_removed_a_day_later_and_nothing_else(shown: Station, media: Path) -> None:
    os.utime(media / shown.photo, (0, 0))
    lie(media, "lost.webp", DAY + 60)
    young = lie(media, "young.webp", DAY - 60)
    tasks.close_days()
    assert files(media) == sorted([shown.photo, young])
    assert photos.sweep_photos() == 0


def test_a_crash_between_file_and_commit_leaves_one_file_for_the_sweep(
    shown: Station, agent: Any, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*given: Any, **named: Any) -> None:
        raise OperationalError("the server closed the connection unexpectedly")

    with monkeypatch.context() as broken, pytest.raises(OperationalError):
        broken.setattr(photos, "_replace", crash)
        photos.set_photo(agent, "riverside", upload=upload(picture()), reason="new")
    assert len(files(media)) == 2
    for name in files(media):
        os.utime(media / name, (0, 0))
    assert photos.sweep_photos() == 1
    assert files(media) == [Station.objects.get().photo] == [shown.photo]


def test_a_photo_set_while_the_folder_is_swept_stays(
    shown: Station, agent: Any, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder was read; before anybody asks who is in use, another photo takes the old one's place."""
    lost, asked = lie(media, "lost.webp", DAY + 60), photos._shown

    def set_meanwhile(names: Any) -> set[str]:
        photos.set_photo(agent, "riverside", upload=upload(picture()), reason="new")
        return asked(names)

    os.utime(media / shown.photo, (0, 0))
    monkeypatch.setattr(photos, "_shown", set_meanwhile)
    assert photos.sweep_photos() == 2
    assert files(media) == [Station.objects.get().photo]
    assert lost not in files(media)


@pytest.mark.django_db(transaction=True)
def test_sweeps_and_uploads_at_once_leave_the_shown_photo_alone(station: Station, agent: Any, media: Path) -> None:
    for number in range(20):
        lie(media, f"{number}.webp", DAY + 60)

    def put() -> None:
        photos.set_photo(agent, "riverside", upload=upload(picture()), reason="new")

    race(photos.sweep_photos, photos.sweep_photos, put, put)
    assert files(media) == [Station.objects.get().photo]


def test_without_a_folder_or_a_storage_nothing_is_swept(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert photos.sweep_photos() == 0

    def away(*given: Any) -> Any:
        raise OSError("gone")

    monkeypatch.setattr(default_storage, "listdir", away)
    assert photos.sweep_photos() == 0


def test_the_form_takes_a_picture_and_no_more(station: Station) -> None:
    door = door_of(reverse("admin:stations_photo", args=["riverside"]))
    assert (door.field, door.most_of_file) == ("picture", pictures.MOST_BYTES)
    assert door_of(reverse("admin:stations_zone", args=["riverside"])).most == 1_000_000


def test_operations_set_and_remove_it_in_the_console(station: Station, media: Path) -> None:
    client, url = console(member_of("Operations")), reverse("admin:stations_photo", args=["riverside"])
    assert 'enctype="multipart/form-data"' in client.get(url).content.decode()
    assert client.post(url, {"picture": upload(picture()), "reason": "first"}).status_code == 302
    assert files(media) == [Station.objects.get().photo]
    assert client.post(url, {"remove": "on", "reason": "blurred"}).status_code == 302
    assert files(media) == []


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"picture": b"GIF89a", "reason": "x"}, "no JPEG, PNG or WebP"),
        ({"reason": "x"}, "Choose a picture."),
        ({"remove": "on", "reason": "x"}, "Choose a picture."),
        ({"picture": picture()}, "This field is required"),
    ],
)
def test_the_form_says_what_is_wrong(station: Station, media: Path, sent: dict[str, Any], said: str) -> None:
    data = {name: upload(value) if isinstance(value, bytes) else value for name, value in sent.items()}
    answer = console(member_of("Operations")).post(reverse("admin:stations_photo", args=["riverside"]), data)
    assert (answer.status_code, said in answer.content.decode()) == (200, True)
    assert files(media) == []


def test_the_themes_script_finds_where_it_writes_the_name_of_the_chosen_file(station: Station) -> None:
    """It looks for a text field below the third parent of the file's, and fails on every choice without one."""
    page = console(member_of("Operations")).get(reverse("admin:stations_photo", args=["riverside"])).content.decode()
    text, file = '<div hidden><input type="text" disabled></div>', '<input type="file" name="picture"[^>]*>'
    where = f"<div>{text}<div><div>{file}</div></div></div>"
    assert len(re.findall(where, page)) == 1


def test_to_show_none_is_offered_only_where_there_is_one(station: Station, agent: Any) -> None:
    client, url = console(member_of("Operations")), reverse("admin:stations_photo", args=["riverside"])
    assert "Show no photo" not in client.get(url).content.decode()
    before = photos.set_photo(agent, "riverside", upload=upload(picture()), reason="new").photo
    assert "Show no photo" in client.get(url).content.decode()
    both = client.post(url, {"picture": upload(picture()), "remove": "on", "reason": "x"}).content.decode()
    assert "Choose a picture, or tick that none is shown." in both
    assert Station.objects.get().photo == before


@pytest.mark.parametrize("group", ["Support", "Finance", "Trust & Safety"])
def test_nobody_else_may(station: Station, media: Path, group: str) -> None:
    url = reverse("admin:stations_photo", args=["riverside"])
    answer = console(member_of(group)).post(url, {"picture": upload(picture()), "reason": "x"})
    assert answer.status_code == 403
    assert files(media) == []
