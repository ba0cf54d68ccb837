"""Bodies: what is too large for its door is refused before anything of it is stored."""

import asyncio
import json
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

from apps.common import bodies
from apps.common.bodies import BodyLimit, takes_file

ASKED: list[int] = []
USUAL, FILE = 1_000, 5_000_000


def show(request: HttpRequest) -> HttpResponse:
    ASKED.append(len(request.body))
    return HttpResponse("taken")


@takes_file("picture", FILE)
def upload(request: HttpRequest) -> HttpResponse:
    return show(request)


urlpatterns = [
    path("plain", show),
    path("api/v1/plain", show),
    path("upload", upload),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def _small_doors(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = USUAL
    settings.MIDDLEWARE = []
    ASKED.clear()


class Sender:
    """A client that sends a body in pieces, and what it gets."""

    def __init__(self, target: str, *pieces: int, **headers: str) -> None:
        given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        host = (b"host", b"localhost")
        self.scope = {
            "type": "http", "method": "POST", "path": target, "query_string": b"", "headers": [host, *given],
        }  # fmt: skip
        self.pieces, self.taken = list(pieces), 0
        self.status, self.body, self.headers = 0, b"", dict[bytes, bytes]()

    async def receive(self) -> Any:
        if not self.pieces:
            await asyncio.Event().wait()
        piece = self.pieces.pop(0)
        self.taken += piece
        return {"type": "http.request", "body": b"x" * piece, "more_body": bool(self.pieces)}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        self.body += message.get("body", b"")

    def go(self) -> "Sender":
        asyncio.run(BodyLimit(ASGIHandler())(self.scope, self.receive, self.send))
        return self


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("target", "most"), [("/plain", USUAL), ("/api/v1/plain", USUAL), ("/nowhere", USUAL), ("/upload", FILE + 100_000)]
)
def test_one_byte_too_many_reaches_no_view(target: str, most: int, declared: bool) -> None:
    said = {"content_length": str(most + 1)} if declared else {}
    refused = Sender(target, most, 1, **said).go()
    assert (refused.status, refused.taken, ASKED) == (413, most + 1, [])
    assert refused.headers[b"connection"] == b"close"


@pytest.mark.parametrize("declared", [True, False])
def test_what_fits_is_taken(declared: bool) -> None:
    said = {"content_length": str(USUAL)} if declared else {}
    assert Sender("/plain", USUAL - 1, 1, **said).go().body == b"taken"
    assert ASKED == [USUAL]


def test_the_form_of_a_file_names_the_field_and_the_remedy() -> None:
    page = Sender("/upload", FILE, 200_000, content_length=str(FILE + 200_000)).go().body.decode()
    assert "Picture: The file has more than 5 MB. Choose a smaller one." in page
    assert '<a href="/upload">' in page


def test_the_api_answers_its_one_shape() -> None:
    refused = Sender("/api/v1/plain", 2_000, content_length="2000").go()
    assert json.loads(refused.body)["error"] == {
        "code": "body_too_large",
        "message": "The request has more than 0.001 MB. Send less at once.",
        "details": {},
    }


def test_who_asks_first_or_sends_without_reason_is_not_read_at_all() -> None:
    polite = Sender("/plain", USUAL + 1, content_length=str(USUAL + 1), expect="100-continue").go()
    huge = Sender("/plain", USUAL, content_length=str(bodies.READ_AT_MOST + 1)).go()
    assert [(one.status, one.taken) for one in (polite, huge)] == [(413, 0), (413, 0)]


def test_an_endless_body_is_read_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "READ_AT_MOST", 5_000)
    endless = Sender("/plain", *[1_000] * 20).go()
    assert (endless.status, endless.taken, ASKED) == (413, 8_000, [])


def test_the_server_stands_behind_it() -> None:
    from petwash.asgi import application

    assert isinstance(application.application_mapping["http"], BodyLimit)
