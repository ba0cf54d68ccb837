"""Seats: who waits for the outside keeps nobody else waiting."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import timedelta
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.response import Response
from rest_framework.test import APIClient

from apps.common.api.views import PublicView
from apps.common.db import outside_call
from apps.common.interpreter import TURN_SECONDS, take_short_turns
from apps.common.seats import NoSeat, Passers, Seats, needs_seat, seat_left, seated, seats
from petwash.testing.races import START_SECONDS

AT_THE_GATEWAY = 3


class Gateway:
    """Keeps who calls until it is opened."""

    def __init__(self) -> None:
        self.arrived, self.open = threading.Semaphore(0), threading.Event()

    def call(self) -> None:
        self.arrived.release()
        assert self.open.wait(START_SECONDS)

    def await_callers(self, number: int) -> None:
        for _ in range(number):
            assert self.arrived.acquire(timeout=START_SECONDS)


gateway = Gateway()
finished: list[bool] = []


class PurchaseView(PublicView):
    """Calls the outside, or only works, or fails."""

    @needs_seat
    def post(self, request: Any) -> Response:
        if "fail" in request.data:
            raise ZeroDivisionError
        if "work" not in request.data:
            with outside_call():
                gateway.call()
            finished.append(True)
        return Response({})

    def get(self, request: Any) -> Response:
        return Response({})


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("plain")


urlpatterns = [path("api/v1/purchase", PurchaseView.as_view()), path("plain", plain)]
handler404 = "apps.common.api.exceptions.not_found"
handler500 = "apps.common.api.exceptions.server_error"
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]
URL = "/api/v1/purchase"


@pytest.fixture(autouse=True)
def _one_seat(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    fresh = Seats(1)
    monkeypatch.setattr("apps.common.seats._seats", lambda number: fresh)
    monkeypatch.setitem(globals(), "gateway", Gateway())
    finished.clear()
    yield
    gateway.open.set()
    assert fresh.waiting == 0
    fresh.take(seconds=0)  # whatever happened, the seat is free again


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def ask(**body: Any) -> Any:
    return APIClient(raise_request_exception=False).post(URL, body, format="json").status_code


def until(waiting: int) -> None:
    """Wait until that many stand in the queue."""
    for _ in range(START_SECONDS * 100):
        if seats().waiting == waiting:
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{seats().waiting} wait, not {waiting}")


def test_any_number_waits_for_the_gateway_while_others_are_answered(crowd: ThreadPoolExecutor) -> None:
    slow = [crowd.submit(ask) for _ in range(AT_THE_GATEWAY)]
    gateway.await_callers(AT_THE_GATEWAY)  # all of them, although there is one seat
    assert APIClient().get(URL).status_code == 200
    assert APIClient().get("/plain").content == b"plain"
    assert ask(work=True) == 200
    assert not any(one.done() for one in slow)
    gateway.open.set()
    assert [one.result(START_SECONDS) for one in slow] == [200] * AT_THE_GATEWAY


async def _leave_in_the_middle() -> None:
    """Send a purchase to the server as it runs, and hang up while the gateway is asked."""
    scope = {
        "type": "http", "method": "POST", "path": URL, "query_string": b"", "headers": [(b"host", b"localhost")],
    }  # fmt: skip
    gone = asyncio.Event()

    async def receive(messages: Any = iter([{"type": "http.request", "body": b""}])) -> Any:  # noqa: B008 - one request
        for message in messages:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError("nobody listens any more")

    request = asyncio.create_task(ASGIHandler()(scope, receive, send))
    await asyncio.to_thread(gateway.await_callers, 1)
    gone.set()
    assert await asyncio.to_thread(ask, work=True) == 200  # the loop and the seat are free meanwhile
    gateway.open.set()
    await request


def test_who_hangs_up_leaves_a_purchase_that_is_finished_and_a_free_seat() -> None:
    asyncio.run(_leave_in_the_middle())
    assert finished == [True]


def test_a_read_needs_no_seat_when_none_is_free() -> None:
    with seated():
        assert APIClient().get(URL).status_code == 200
        assert APIClient().post("/plain").status_code == 200
        assert APIClient().post("/nowhere").status_code == 404


def test_who_waits_too_long_is_refused_with_nothing_done(settings: Any) -> None:
    settings.PURCHASE_SEAT_WAIT = timedelta(0)
    with seated():
        answer = APIClient().post(URL, {}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")
    assert answer["Retry-After"] == "5"
    assert not gateway.arrived.acquire(blocking=False)
    assert ask(work=True) == 200


def test_who_comes_on_top_of_the_most_is_refused_at_once(settings: Any, crowd: ThreadPoolExecutor) -> None:
    """One sits, one waits; both count, and there is room again when they have gone."""
    settings.PURCHASES_AT_ONCE = 2
    with seated():
        waits = crowd.submit(ask, work=True)
        until(1)
        answer = APIClient().post(URL, {"work": True}, format="json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")
        assert answer["Retry-After"] == "5"
        assert seats().waiting == 1
        assert APIClient().get(URL).status_code == 200
    assert waits.result(START_SECONDS) == 200
    assert ask(work=True) == 200


def test_a_flood_is_let_in_up_to_the_most_also_while_all_are_at_the_gateway(
    settings: Any, crowd: ThreadPoolExecutor
) -> None:
    settings.PURCHASES_AT_ONCE = AT_THE_GATEWAY
    flood = [crowd.submit(ask) for _ in range(8)]
    gateway.await_callers(AT_THE_GATEWAY)
    answers = as_completed(flood, START_SECONDS)
    assert [next(answers).result() for _ in range(8 - AT_THE_GATEWAY)] == [503] * (8 - AT_THE_GATEWAY)
    gateway.open.set()
    assert [one.result() for one in answers] == [200] * AT_THE_GATEWAY
    assert len(finished) == AT_THE_GATEWAY
    assert ask(work=True) == 200


def test_who_gave_up_waiting_or_failed_leaves_room(settings: Any) -> None:
    settings.PURCHASES_AT_ONCE, settings.PURCHASE_SEAT_WAIT = 2, timedelta(0)
    with seated():
        assert [ask(work=True), ask(work=True)] == [503, 503]
    assert [ask(fail=True), ask(fail=True), ask(fail=True), ask(work=True)] == [500, 500, 500, 200]


def test_a_failure_gives_the_seat_back() -> None:
    assert ask(fail=True) == 500
    assert ask(work=True) == 200


def test_a_failing_outside_call_comes_back_to_its_seat() -> None:
    with seated():
        with pytest.raises(ZeroDivisionError), seat_left():
            raise ZeroDivisionError
        with pytest.raises(NoSeat):
            seats().take(seconds=0)


def test_a_call_within_a_call_leaves_once() -> None:
    with seated(), seat_left(), seat_left():
        seats().take(seconds=0)
        with pytest.raises(NoSeat):
            seats().take(seconds=0)
        seats().leave()


def test_without_a_seat_there_is_none_to_leave() -> None:
    with seat_left(), seated(), pytest.raises(NoSeat):
        seats().take(seconds=0)


def _queue(crowd: ThreadPoolExecutor, order: list[str], name: str, take: Callable[[], None]) -> "Future[None]":
    before = seats().waiting

    def run() -> None:
        take()
        order.append(name)
        seats().leave()

    submitted = crowd.submit(run)
    until(before + 1)
    return submitted


def test_who_comes_back_goes_first_and_the_others_in_their_order(crowd: ThreadPoolExecutor) -> None:
    order: list[str] = []
    seats().take(seconds=0)
    waiting = [
        _queue(crowd, order, "first", lambda: seats().take(seconds=START_SECONDS)),
        _queue(crowd, order, "second", lambda: seats().take(seconds=START_SECONDS)),
        _queue(crowd, order, "back", lambda: seats().take_back()),
    ]
    seats().leave()
    for one in waiting:
        one.result(START_SECONDS)
    assert order == ["back", "first", "second"]


def test_a_seat_given_in_the_moment_of_giving_up_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait ends in vain, and before the waiter has gone away the seat is handed to it."""
    room = Seats(1)
    room.take(seconds=0)

    class Late(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            room.leave()
            return False

    monkeypatch.setattr("apps.common.seats.threading.Event", Late)
    room.take(seconds=0)
    monkeypatch.undo()
    with pytest.raises(NoSeat):
        room.take(seconds=0)


def test_who_lets_others_pass_goes_when_the_last_has_gone(crowd: ThreadPoolExecutor) -> None:
    others = Passers()
    order: list[str] = []

    def purchase() -> None:
        others.let_pass(START_SECONDS)
        order.append("purchase")

    with others.passing():
        waiting = crowd.submit(purchase)
        order.append("page")
    waiting.result(START_SECONDS)
    assert order == ["page", "purchase"]


def test_courtesy_ends_so_that_a_purchase_does_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that never ends costs each query of a purchase nothing once its courtesy is used up."""
    asked: list[float] = []

    class Endless(Passers):
        def let_pass(self, seconds: float) -> float:
            asked.append(seconds)
            return min(seconds, 0.04)

    monkeypatch.setattr("apps.common.seats.passers", Endless())
    with seated(), connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute("SELECT 1")
        with seat_left():
            cursor.execute("SELECT 1")
        cursor.execute("SELECT 1")
    assert asked == pytest.approx([0.05, 0.01, 0.0, 0.05])
    cursor_after = connection.cursor()
    cursor_after.execute("SELECT 1")
    assert len(asked) == 4


def test_nobody_waits_for_nobody_and_not_for_longer_than_told() -> None:
    others = Passers()
    assert others.let_pass(START_SECONDS) == 0
    with others.passing(), others.passing():
        assert others.let_pass(0) == 0
        assert others.let_pass(0.001) > 0


def test_threads_of_a_server_take_short_turns() -> None:
    before = sys.getswitchinterval()
    try:
        take_short_turns()
        assert sys.getswitchinterval() == pytest.approx(TURN_SECONDS)
    finally:
        sys.setswitchinterval(before)
