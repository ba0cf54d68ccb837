"""The servers and processes of one run, started by it alone and ended with it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from petwash.chaos.diary import Count, Diary
from petwash.chaos.plan import Schedule
from petwash.devstack import environment
from petwash.devstack.home import Home
from petwash.devstack.ports import free_port
from petwash.devstack.postgres import PostgresServer
from petwash.devstack.programs import REPOSITORY, manage
from petwash.devstack.redis import RedisServer
from petwash.devstack.roles import APP, OWNER, Role, create_database, create_roles, grant_default_privileges
from petwash.devstack.server import LeashedServer, ServerStartError

DATABASE = "petwash"
READY_SECONDS = 180.0
_STARTS = 3  # a machine with much else to do may need more than one


class CompanyError(RuntimeError):
    """The run's own servers or processes do not start; the message says where to look."""


def persist(start: Callable[[], object]) -> None:
    """Start a server, again if need be. Raises: ServerStartError of the last try."""
    for _ in range(_STARTS - 1):
        with contextlib.suppress(ServerStartError):
            start()
            return
    start()


def kill_group(group: int, is_running: Callable[[], bool]) -> None:
    """End a server and its leash with SIGKILL, and wait until it is gone."""
    os.killpg(group, signal.SIGKILL)
    while is_running():
        time.sleep(0.01)


class Company:
    """PostgreSQL, Redis, the sandbox and the nursery with its workers, in one folder."""

    package = "petwash.chaos"
    servers = "PostgreSQL, Redis, the sandbox and the workers"

    def __init__(self, folder: Path, plan: Schedule, saboteur: str) -> None:
        self.folder, self.plan = folder, plan
        self.home = Home(folder)
        self.home.create()
        self.diary = Diary(folder / "diary")
        self.writes = Count(folder / "writes")
        self.variables: dict[str, str] = {"PETWASH_CHAOS_SABOTEUR": saboteur, **plan.export()}
        self._postgres: PostgresServer | None = None
        self._redis_group = 0
        self._nursery: subprocess.Popen[bytes] | None = None
        self._gateway: LeashedServer | None = None
        self.redis = RedisServer(
            folder / "redis", free_port(), self.home.secret("REDIS_PASSWORD"), log=self.home.log("redis"), durable=False
        )

    def start(self, given: Mapping[str, str] = os.environ) -> None:
        """Start everything, in peace; the workers wait. Raises: CompanyError, ServerStartError."""
        self.make_peace()
        self.start_redis()
        servers = {"REDIS_URL": self.redis.url, **self.more_servers(), **self._database(given)}
        self.variables |= environment.compose(self.home, free_port(), servers)
        self.variables |= {"DJANGO_SETTINGS_MODULE": "petwash.settings.chaos", "LOG_LEVEL": "WARNING"}
        environment.write(self.home.env_file, self.variables)
        self.run(manage("migrate", "--noinput", "-v", "0"), PETWASH_AS_OWNER="yes")
        self._start_nursery()
        self.start_gateway()
        self.run([sys.executable, "-m", f"{self.package}.cast"])

    def more_servers(self) -> dict[str, str]:
        """Return the addresses of servers that only some runs have."""
        return {}

    def begin(self) -> None:
        """Let the workers work and the storm strike."""
        self.writes.set(0)
        (self.folder / "peace").unlink()
        self.tell("go")

    def make_peace(self) -> None:
        """Let nothing strike from now on."""
        (self.folder / "peace").touch()

    def tell(self, command: str) -> None:
        """Tell the nursery."""
        assert self._nursery is not None, "the nursery runs"
        assert self._nursery.stdin is not None, "it was started with a pipe"
        self._nursery.stdin.write(command.encode() + b"\n")
        self._nursery.stdin.flush()

    def tend(self) -> None:
        """Start the sandbox again when it died. Raises: CompanyError when the nursery ended."""
        if self._nursery is None or self._nursery.poll() is not None:
            raise CompanyError(f"the workers' nursery ended; see {self.home.log('nursery')}")
        if self._gateway is None or not self._gateway.is_running():
            self.start_gateway()
            self.diary.note("gateway_restarted")

    def start_gateway(self) -> None:
        """Start the sandbox with the storm in its doorway."""
        assert self._nursery is not None, "the nursery starts first: the sandbox strikes its children alone"
        command = [sys.executable, "-m", f"{self.package}.gateway", str(self.folder), str(self._nursery.pid)]
        self._gateway = LeashedServer("the sandbox", command, log=self.home.log("gateway"), cwd=REPOSITORY)
        gateway = self._gateway
        persist(lambda: gateway.start(self._gateway_answers))

    def start_redis(self) -> None:
        """Start Redis."""

        def remember(group: int) -> None:
            self._redis_group = group

        self.redis.start(remember)

    def kill_redis(self) -> None:
        """End Redis and its leash with SIGKILL."""
        kill_group(self._redis_group, self.redis.is_running)

    def is_worker(self, pid: int) -> bool:
        """Tell whether this is a live worker: the nursery's children are in its group."""
        try:
            return self._nursery is not None and os.getpgid(pid) == self._nursery.pid
        except ProcessLookupError:
            return False

    def halt(self) -> None:
        """End the workers for good, so that the books stand still."""
        self.tell("halt")
        deadline = time.monotonic() + READY_SECONDS
        while not any(line["what"] == "halted" for line in self.diary.news()) and time.monotonic() < deadline:
            time.sleep(0.02)

    def run(self, command: list[str], **variables: str) -> str:
        """Run a command of the product to its end and return what it printed. Raises: CompanyError."""
        done = subprocess.run(
            command,
            env={**os.environ, **self.variables, **variables},
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CompanyError(f"{' '.join(command[1:4])} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done.stdout

    def gateway(self, path: str, **form: str) -> httpx.Response:
        """Ask the sandbox's own addresses: a GET, or a POST when a form is given."""
        headers = {"Authorization": f"Bearer {self.variables['STRIPE_API_KEY']}"}
        url = f"{self.variables['STRIPE_API_BASE']}{path}"
        method = "POST" if form else "GET"
        return httpx.request(method, url, data=form or None, headers=headers, timeout=30).raise_for_status()

    def stop(self) -> None:
        """End the workers, then the servers; stopping twice changes nothing."""
        if self._nursery is not None and self._nursery.stdin is not None:
            self._nursery.stdin.close()
            self._nursery.wait(timeout=20)
        if self._gateway is not None:
            self._gateway.stop()
        self.redis.stop()
        if self._postgres is not None:
            self._postgres.stop()

    def _gateway_answers(self) -> bool:
        try:
            return self.gateway("/_sandbox/health").is_success
        except httpx.HTTPError:
            return False

    def _database(self, given: Mapping[str, str]) -> dict[str, str]:
        """Take the empty, disposable database that is given by both addresses, or start a server for one."""
        names = ("DATABASE_URL", "DATABASE_OWNER_URL")
        if all(given.get(name) for name in names):
            return {name: given[name] for name in names}
        data, log = self.folder / "postgres", self.home.log("postgres")
        server = PostgresServer(data, free_port(), self.home.secret("POSTGRES_PASSWORD"), log=log, durable=False)
        server.start()
        self._postgres = server
        app = Role(APP, self.home.secret("APP_PASSWORD"))
        owner = Role(OWNER, self.home.secret("OWNER_PASSWORD"))
        create_roles(server.url(), owner, app)
        create_database(server.url(), DATABASE, OWNER)
        owner_url = owner.url(server.url(), DATABASE)
        grant_default_privileges(owner_url, APP)
        return {"DATABASE_URL": app.url(server.url(), DATABASE), "DATABASE_OWNER_URL": owner_url}

    def _start_nursery(self) -> None:
        with self.home.log("nursery").open("ab") as log:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", f"{self.package}.nursery"],
                env={**os.environ, **self.variables},
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_SECONDS
        while not any(line["what"] == "nursery_ready" for line in self.diary.all()):
            if self._nursery.poll() is not None or time.monotonic() > deadline:
                raise CompanyError(f"the workers' nursery does not start; see {self.home.log('nursery')}")
            time.sleep(0.05)
