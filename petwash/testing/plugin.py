"""The pytest plugin of this project, loaded by pytest.ini before pytest-django.

It starts PostgreSQL before Django reads its settings, in the controlling process only, and stops
it at the end. Should the test run be killed, the server's leash stops it all the same.
"""

import os
import secrets
from pathlib import Path

import pytest

from petwash.devstack.ports import free_port
from petwash.testing import sockets
from petwash.testing.stack import RUN_FOLDER, TestStack

_STACK: TestStack | None = None
WORKERS = "PYTEST_XDIST_AUTO_NUM_WORKERS"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers and export their addresses; pytest-django reads the settings after us."""
    global _STACK
    asked = early_config.known_args_namespace
    if asked.help or asked.version:
        return
    if RUN_FOLDER not in os.environ:
        _STACK = TestStack()
        early_config.add_cleanup(_STACK.stop)
        _STACK.start()
    os.environ["DJANGO_SETTINGS_MODULE"] = "petwash.settings.test"
    _reserve_worker_addresses(Path(os.environ[RUN_FOLDER]))


def pytest_configure(config: pytest.Config) -> None:
    """Register our fixtures after pytest-django's, so that they take their place."""
    if "STRIPE_TEST_API_KEY" not in os.environ:  # the conformance cases are to run on Stripe
        sockets.forbid_outside_connections()
    for name in ("petwash.testing.fixtures", "petwash.testing.cast"):
        config.pluginmanager.import_plugin(name)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest first: the other workers take over what waits behind them."""
    items.sort(key=lambda item: item.get_closest_marker("stack") is None)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Give `-n auto` a worker more than there are cores: tests of brokers, sandboxes and browsers often wait."""
    return None if WORKERS in os.environ else (os.cpu_count() or 1) + 1


def pytest_unconfigure() -> None:
    """Stop the servers of the controlling process."""
    if _STACK is not None:
        _STACK.stop()
        os.environ.pop(RUN_FOLDER, None)


def _reserve_worker_addresses(folder: Path) -> None:
    """Give this worker its own Redis, MQTT and folder; servers start when a test asks for them."""
    home = folder / os.environ.get("PYTEST_XDIST_WORKER", "main")
    home.mkdir(exist_ok=True, mode=0o700)
    os.environ.update(
        PETWASH_HOME=str(home),
        REDIS_URL=f"redis://:{secrets.token_hex(16)}@127.0.0.1:{free_port()}/0",
        MQTT_URL=f"mqtt://bridge:{secrets.token_hex(16)}@127.0.0.1:{free_port()}",
        MQTT_PASSWORD_FILE=str(home / "mqtt" / "passwords"),
        MQTT_PID_FILE=str(home / "mqtt" / "broker.pid"),
    )
