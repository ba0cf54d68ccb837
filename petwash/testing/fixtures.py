"""Fixtures that replace pytest-django's database set-up, and the servers that tests ask for."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

from petwash.devstack.mqtt import MqttServer
from petwash.devstack.redis import RedisServer
from petwash.testing.databases import TestDatabases, use_database
from petwash.testing.schema_cache import SchemaCache
from petwash.testing.stack import GIVEN_OWNER_URL, RUN_FOLDER

if TYPE_CHECKING:
    from pytest_django.plugin import DjangoDbBlocker

hypothesis_settings.register_profile("petwash", deadline=None, derandomize=True, database=None, print_blob=True)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "petwash"))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: "DjangoDbBlocker") -> Iterator[None]:
    """Migrate the template once a run, and work on this worker's clone as the application."""
    databases = TestDatabases.from_environment()
    name = f"{databases.template}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

    def fresh_clone(case: TransactionTestCase) -> None:
        databases.renew(name)

    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        # On a server that was given to us the roles have other names than in the dump.
        cache = None if GIVEN_OWNER_URL in os.environ else SchemaCache()
        databases.ensure_template(Path(os.environ[RUN_FOLDER]), cache)
        databases.renew(name)
        databases.export(name)
        use_database(os.environ["DATABASE_URL"])
        patch.setattr(TransactionTestCase, "_fixture_teardown", fresh_clone)
        yield


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis of this worker at the address that the settings read from REDIS_URL."""
    address = urlsplit(os.environ["REDIS_URL"])
    home = Path(os.environ["PETWASH_HOME"])
    server = RedisServer(
        home / "redis",
        address.port or 0,
        address.password or "",
        log=home / "redis.log",
        durable=False,
    )
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def mqtt_broker() -> Iterator[MqttServer]:
    """A real MQTT broker of this worker at the address that the settings read from MQTT_URL."""
    address = urlsplit(os.environ["MQTT_URL"])
    server = MqttServer(
        Path(os.environ["MQTT_PASSWORD_FILE"]).parent,
        address.port or 0,
        address.password or "",
        log=Path(os.environ["PETWASH_HOME"]) / "mqtt.log",
    )
    server.start()
    yield server
    server.stop()
