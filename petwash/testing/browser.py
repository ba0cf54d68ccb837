"""A whole web server and a real browser for the tests that need eyes."""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
import uvicorn
from channels.routing import ProtocolTypeRouter
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.db import connections

from petwash.devstack.ports import free_port

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]
PATIENCE_MS = 15_000
T = TypeVar("T")


def chromium() -> str:
    """Return the system's Chromium, or skip: nothing is downloaded for a test."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("No Chromium on this machine: install the package chromium to run the browser tests.")


class WebServer:
    """The project under uvicorn in a thread; it can go away and come back on the same port."""

    def __init__(self) -> None:
        from petwash.asgi import application

        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._app = ProtocolTypeRouter(
            {
                "http": ASGIStaticFilesHandler(get_asgi_application()),
                "websocket": application.application_mapping["websocket"],
            }
        )
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve; returns once requests are answered."""
        config = uvicorn.Config(
            self._app,
            host="127.0.0.1",
            port=self.port,
            lifespan="off",
            log_config=None,
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        ready = threading.Event()
        server = uvicorn.Server(config)

        def serve() -> None:
            server.run()

        startup = server.startup

        async def announce(sockets: Any = None) -> None:
            await startup(sockets)
            ready.set()

        server.startup = announce  # type: ignore[method-assign]  # uvicorn has no hook for being ready
        self._server, self._thread = server, threading.Thread(target=serve, daemon=True)
        self._thread.start()
        assert ready.wait(20), "The web server did not start."

    def stop(self) -> None:
        """Close every connection and stop."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "The web server did not stop."
        self._server = None


class Backstage:
    """Does database work in a thread of its own: the browser's driver holds this thread's loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1)

    def do(self, work: Callable[[], T]) -> T:
        """Run the work and return what it returns."""
        return self._pool.submit(self._closing, work).result(20)

    def _closing(self, work: Callable[[], T]) -> T:
        try:
            return work()
        finally:
            connections.close_all()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()


@pytest.fixture
def web_server(transactional_db: None, redis_url: str) -> Iterator[WebServer]:
    """The project, served."""
    server = WebServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def backstage(transactional_db: None) -> Iterator[Backstage]:
    """A thread for database work beside a browser."""
    one = Backstage()
    yield one
    one.close()
