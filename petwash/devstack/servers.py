"""The three servers of a copy: each one embedded, unless its address is given."""

from collections.abc import Callable, Mapping

from petwash.devstack import environment
from petwash.devstack.home import Home
from petwash.devstack.mqtt import MqttServer
from petwash.devstack.postgres import PostgresServer
from petwash.devstack.processes import ProcessBook
from petwash.devstack.redis import RedisServer
from petwash.devstack.roles import (
    APP,
    OWNER,
    Role,
    create_database,
    create_roles,
    grant_default_privileges,
)

DATABASE = "petwash"
Say = Callable[[str], None]
Server = PostgresServer | RedisServer | MqttServer


class Servers:
    """Starts what is not given, remembers it in the book, and stops it last of all."""

    def __init__(self, home: Home, given: Mapping[str, str], book: ProcessBook, say: Say) -> None:
        self._home = home
        self._given = given
        self._book = book
        self._say = say
        self._running: list[tuple[str, Server]] = []

    def start(self) -> dict[str, str]:
        """Start them and return the variables with their addresses. Raises: ServerStartError."""
        return {**self._start_postgres(), **self._start_redis(), **self._start_mqtt()}

    def stop(self) -> None:
        """Stop PostgreSQL last: everything else writes to it."""
        while self._running:
            _, server = self._running.pop()
            server.stop()

    def dead(self) -> str | None:
        """Return the name of a server that ended by itself."""
        return next((name for name, server in self._running if not server.is_running()), None)

    def _start_postgres(self) -> dict[str, str]:
        if self._given.get("DATABASE_URL"):
            url = self._given["DATABASE_URL"]
            self._say("PostgreSQL: the one that DATABASE_URL names")
            owner = self._given.get("DATABASE_OWNER_URL") or url
            return {"DATABASE_URL": url, "DATABASE_OWNER_URL": owner}
        [port] = environment.ports(self._home, "DATABASE_URL")
        data = self._home.path / "postgres"
        password = self._home.secret("POSTGRES_PASSWORD")
        server = PostgresServer(data, port, password, log=self._home.log("postgres"))
        self._run("PostgreSQL", server, port, str(data), stop_signal="SIGINT")
        owner_role = Role(OWNER, self._home.secret("OWNER_PASSWORD"))
        app_role = Role(APP, self._home.secret("APP_PASSWORD"))
        create_roles(server.url(), owner_role, app_role)
        owner_url = owner_role.url(server.url(), DATABASE)
        if create_database(server.url(), DATABASE, OWNER):
            grant_default_privileges(owner_url, APP)
        return {
            "DATABASE_URL": app_role.url(server.url(), DATABASE),
            "DATABASE_OWNER_URL": owner_url,
        }

    def _start_redis(self) -> dict[str, str]:
        if self._given.get("REDIS_URL"):
            self._say("Redis: the one that REDIS_URL names")
            return {"REDIS_URL": self._given["REDIS_URL"]}
        [port] = environment.ports(self._home, "REDIS_URL")
        data = self._home.path / "redis"
        password = self._home.secret("REDIS_PASSWORD")
        server = RedisServer(data, port, password, log=self._home.log("redis"))
        self._run("Redis", server, port, f"redis-server 127.0.0.1:{port}", str(data))
        return {"REDIS_URL": server.url}

    def _start_mqtt(self) -> dict[str, str]:
        if self._given.get("MQTT_URL"):
            self._say("MQTT: the broker that MQTT_URL names")
            names = ("MQTT_URL", "MQTT_PASSWORD_FILE", "MQTT_PID_FILE")
            return {name: self._given.get(name, "") for name in names}
        [port] = environment.ports(self._home, "MQTT_URL")
        data = self._home.path / "mqtt"
        password = self._home.secret("MQTT_PASSWORD")
        server = MqttServer(data, port, password, log=self._home.log("mqtt"))
        self._run(f"MQTT broker ({server.kind})", server, port, str(data))
        return {
            "MQTT_URL": server.url,
            "MQTT_PASSWORD_FILE": str(server.password_file),
            "MQTT_PID_FILE": str(server.pid_file),
        }

    def _run(self, name: str, server: Server, port: int, *signs: str, stop_signal: str = "SIGTERM") -> None:
        self._running.append((name, server))
        server.start(lambda group: self._book.record(name, group, *signs, stop_signal=stop_signal))
        self._say(f"{name}: ready on port {port}")
