"""Bodies of requests: what is larger than its door takes is refused before it is stored.

Django writes a body down as a whole before any view is asked. So this stands before Django: who says how much comes is
refused by that, who does not is counted. A browser shows an answer only once it has sent everything: what comes within
reason is read and thrown away first.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve

from apps.common.api.exceptions import error_body

log = structlog.get_logger(__name__)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
View = TypeVar("View", bound=Callable[..., Any])
_MARK = "door"
MEGABYTE = 1_000_000
AROUND_A_FILE = 100_000
"""Bytes of a form beside its file."""
READ_AT_MOST = 64 * MEGABYTE
"""So much of a refused body is read and thrown away; of what is larger nothing is, and the connection ends."""


@dataclass(frozen=True)
class Door:
    """What one address takes: so many bytes in all; for a file, in this field, so many."""

    most: int
    field: str = ""
    most_of_file: int = 0

    @property
    def refusal(self) -> str:
        """Return what is wrong, and the remedy."""
        if self.field:
            return f"The file has more than {self.most_of_file // MEGABYTE} MB. Choose a smaller one."
        return f"The request has more than {self.most / MEGABYTE:g} MB. Send less at once."


def takes_file(field: str, most: int) -> Callable[[View], View]:
    """Mark a view as one whose form has a file of at most so many bytes in this field."""

    def mark(view: View) -> View:
        setattr(view, _MARK, Door(most + AROUND_A_FILE, field, most))
        return view

    return mark


def door_of(path: str) -> Door:
    """Return what this address takes: `DATA_UPLOAD_MAX_MEMORY_SIZE` unless its view is marked."""
    usual = Door(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    try:
        return getattr(resolve(path).func, _MARK, usual)
    except Resolver404:
        return usual


class BodyLimit:
    """An ASGI application that keeps too large bodies from the one behind it."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handle one request."""
        said = _header(scope, b"content-length")
        if not said.isdigit():
            await self._count(scope, receive, send)
        elif int(said) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE or int(said) <= (door := door_of(scope["path"])).most:
            await self.application(scope, receive, send)
        else:
            if int(said) <= READ_AT_MOST and not _header(scope, b"expect"):
                await _throw_away(receive)
            await _refuse(scope, send, door)

    async def _count(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a body on that does not say its length, and hang up on the application once it is too long."""
        came, more = 0, True
        refused: Door | None = None

        async def counted() -> Message:
            nonlocal came, more, refused
            message = await receive()
            came, more = came + len(message.get("body", b"")), bool(message.get("more_body"))
            if came > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and came > (door := door_of(scope["path"])).most:
                refused = door
                return {"type": "http.disconnect"}
            return message

        await self.application(scope, counted, send)
        if refused is not None:
            if more:
                await _throw_away(receive)
            await _refuse(scope, send, refused)


def _header(scope: Message, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def _throw_away(receive: Receive) -> None:
    came = 0
    while came <= READ_AT_MOST:
        message = await receive()
        came += len(message.get("body", b""))
        if not message.get("more_body"):
            return


async def _refuse(scope: Message, send: Send, door: Door) -> None:
    log.warning("body_too_large", path=scope["path"], most=door.most)
    answer: HttpResponse
    if scope["path"].startswith("/api/"):
        details = {door.field: [door.refusal]} if door.field else {}
        answer = JsonResponse(error_body("body_too_large", door.refusal, details), status=413)
    else:
        page = render_to_string("body_too_large.html", {"door": door, "path": scope["path"]})
        answer = HttpResponse(page, status=413)
        answer["Content-Security-Policy"] = "default-src 'none'"
    answer["Connection"] = "close"
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})
