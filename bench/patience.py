"""What a slow gateway does to everybody else: a web process with five connections, and 200 people who wait for it."""

import asyncio
import http.client
import os
import statistics
import subprocess
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Awaitable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.bookings import Stays
from bench.database import Addresses
from bench.figures import Figure
from bench.rounds import Size
from petwash.devstack.ports import free_port
from petwash.devstack.programs import manage, programs

TIMES_IDLE = 1.5
POOL = 5
PACE_SECONDS = 0.02
GIVEN_SECRETS = ("SECRET_KEY", "JWT_SIGNING_KEY", "BAY_TOKEN_KEY", "STATION_SIGNING_KEY", "STRIPE_API_KEY")
LIVE = "/api/v1/wash/status/live"
READY_SECONDS = 90


def measure(addresses: Addresses, size: Size) -> list[Figure]:
    """Return how long the live picture takes while all wait, against the same process idle; and what failed."""
    waiting = size.of(200, 4)
    requests = _deposits(waiting // 2) + _activations(waiting - waiting // 2)
    with _web(addresses, stall=2.0 if not size.smoke else 0.2) as port:
        _probe(port, size.of(50, 2))
        idle = _probe(port, size.of(300, 5))
        crowd = _Crowd(port, requests)
        busy = crowd.probed()
    ratio = _p95(idle) / _p95(busy)
    return [
        Figure(
            f"p95 of the live picture while {crowd.most} deposits and washes wait 2 s a call for the gateway",
            f"{_p95(busy) * 1000:.0f} ms",
            f"the same process idle {_p95(idle) * 1000:.0f} ms",
            ratio,
            f"≥ {1 / TIMES_IDLE:.2f} x",
            ratio >= 1 / TIMES_IDLE,
        ),
        Figure(
            f"requests of them that failed, with {POOL} connections",
            ", ".join(f"{many} x {why}" for why, many in crowd.failed.items()) or "0",
            f"{waiting} sent within a moment",
            None,
            "0",
            not crowd.failed,
        ),
    ]


def _why(answer: httpx.Response) -> str:
    try:
        return f"{answer.status_code} {answer.json()['error']['code']}"
    except (ValueError, KeyError):
        return str(answer.status_code)


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


@dataclass
class _Request:
    """One purchase: where to, what, and by whom."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def _deposits(many: int) -> list[_Request]:
    from django.db import transaction

    from apps.accounts.services import sessions
    from apps.bookings import services

    stays = Stays(f"patience-{uuid.uuid4()}")
    found = []
    for quote, owner, pet in stays.quotes(many):
        booking = services.create_booking(actor=owner, quote_id=str(quote.public_id), pet_ids=[str(pet.public_id)])
        body = {"booking_id": str(booking.public_id), "payment_method": "pm_card_visa"}
        found.append(_Request("/api/v1/booking/deposit", body))
    with transaction.atomic():
        token = sessions.open_session(stays.owner, proofs=["pwd"]).access
    for request in found:
        request.headers["Authorization"] = f"Bearer {token}"
    return found


def _activations(many: int) -> list[_Request]:
    from apps.stations.tests.factories import bay_token, make_station

    bays_each = 10
    found = []
    for number in range(0, many, bays_each):
        station = make_station(f"patience-{number}", bays=min(bays_each, many - number))
        for bay in station.bays.all():
            body = {
                "bay_id": str(bay.public_id),
                "bay_token": bay_token(bay),
                "program": "quick",
                "payment_method": "pm_card_visa",
            }
            found.append(_Request("/api/v1/wash/payment/activate", body))
    return found


@contextmanager
def _web(addresses: Addresses, *, stall: float) -> Iterator[int]:
    """Start the web process as `make run` does, and a sandbox that takes its time before it does what it is asked."""
    port, stripe = free_port(), free_port()
    environment = _environment(addresses, port, stripe)
    slow = ["--no-webhooks", "--fault-rate", "slow=1.0", "--stall-seconds", str(stall)]
    with ExitStack() as stack:
        _started(stack, manage("stripe_sandbox", *slow), environment)
        _started(stack, programs(Path(environment["PETWASH_HOME"]), port)[0].command, environment)
        _await(f"http://127.0.0.1:{stripe}/_sandbox/health")
        _await(f"http://127.0.0.1:{port}{LIVE}")
        yield port


def _environment(addresses: Addresses, port: int, stripe: int) -> dict[str, str]:
    from django.conf import settings

    return {
        **os.environ,
        **{name: str(getattr(settings, name)) for name in GIVEN_SECRETS},
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "DATABASE_URL": addresses.app,
        "DATABASE_POOL_SIZE": str(POOL),
        "PETWASH_HOME": str(addresses.folder / f"patience-{port}"),
        "STRIPE_SANDBOX_PORT": str(stripe),
        "STRIPE_API_BASE": f"http://127.0.0.1:{stripe}",
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
    }


def _started(stack: ExitStack, command: list[str], environment: dict[str, str]) -> None:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.kill)


def _await(url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _probe(port: int, many: int) -> list[float]:
    """Ask for the live picture that often, at an even pace, on a connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    took = []
    for _ in range(many):
        started = time.perf_counter()
        connection.request("GET", LIVE)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - started)
        assert answer.status == 200, answer.status
        time.sleep(PACE_SECONDS)
    connection.close()
    return took


class _Crowd:
    """Everybody sends a purchase at once; the live picture is asked for until the last one has an answer."""

    def __init__(self, port: int, requests: list[_Request]) -> None:
        self._port, self._requests = port, requests
        self._open = self.most = 0
        self.failed: Counter[str] = Counter()

    def probed(self) -> list[float]:
        """Return how long each look at the live picture took in the meantime."""
        from apps.common.heartbeats import beat

        took: list[float] = []
        with ThreadPoolExecutor(1) as other:
            beat("bridge")
            answers: Future[None] = other.submit(asyncio.run, self._send_all())
            while not answers.done() or len(took) < 2:
                beat("bridge")  # in place of the bridge: without it no station sells a wash
                took += _probe(self._port, 1)
            answers.result()
        return took

    async def _send_all(self) -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self._port}", limits=limits, timeout=120, trust_env=False
        ) as client:
            each: list[Awaitable[None]] = [self._send(client, request) for request in self._requests]
            await asyncio.gather(*each)

    async def _send(self, client: httpx.AsyncClient, request: _Request) -> None:
        self._open += 1
        self.most = max(self.most, self._open)
        try:
            headers = {**request.headers, "Idempotency-Key": str(uuid.uuid4())}
            answer = await client.post(request.path, json=request.body, headers=headers)
            if answer.status_code not in {200, 201, 202}:
                self.failed[_why(answer)] += 1
        except httpx.HTTPError as error:
            self.failed[type(error).__name__] += 1
        finally:
            self._open -= 1
