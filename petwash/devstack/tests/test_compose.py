"""No container engine is needed to know that the deployment fits the code."""

import importlib
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import get_commands
from django.urls import resolve

from apps.stations.gateways.password_file import PasswordFile, verify_password
from apps.stations.protocol.access import access_list
from petwash.devstack.programs import REPOSITORY
from petwash.devstack.tests.deployment import (
    app_services,
    compose,
    dockerfile,
    documented,
    interpolated,
    services,
)

KEY = "x9" * 30
FERNET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
PRINT_KNOWN = "import json; from petwash.settings import prod; print(json.dumps(sorted(prod.env.known)))"
COMPOSE_ALONE = {
    "WEB_PORT",
    "MQTT_PORT",
    "POSTGRES_PASSWORD",
    "PETWASH_OWNER_PASSWORD",
    "PETWASH_APP_PASSWORD",
    "REDIS_PASSWORD",
    "MQTT_BRIDGE_PASSWORD",
}
READ_BEFORE_SETTINGS = {"DJANGO_SETTINGS_MODULE"}


@cache
def read_by_production() -> set[str]:
    """Import the production settings in a process of their own and ask what they read."""
    given = dict.fromkeys(documented(), KEY) | {
        "FIELD_ENCRYPTION_KEYS": FERNET,
        "DATABASE_URL": "postgresql://a:b@postgres/petwash",
        "MQTT_URL": "mqtts://bridge:secret@mosquitto",
        **dict.fromkeys(("SECURE_SSL_REDIRECT", "PETWASH_AS_OWNER", "PETWASH_DEMO"), "yes"),
        "DATABASE_OWNER_URL": "postgresql://a:b@postgres/petwash",
        **{name: "80" for name in documented() if any(word in name for word in ("PORT", "SIZE", "MESSAGES", "DAYS"))},
        "STRIPE_TIMEOUT_SECONDS": "20",
        "PURCHASE_SEATS": "2",
        "PURCHASES_AT_ONCE": "400",
        "DJANGO_SETTINGS_MODULE": "petwash.settings.prod",
        "PATH": os.environ["PATH"],
    }
    printed = subprocess.run(
        [sys.executable, "-c", PRINT_KNOWN],
        env=given,
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return set(json.loads(printed))


def test_the_example_documents_exactly_what_production_reads():
    names = set(documented())
    assert names == read_by_production() | COMPOSE_ALONE | READ_BEFORE_SETTINGS


def test_the_example_holds_no_secret():
    secret = re.compile(r"(KEY|KEYS|SECRET|PASSWORD)$")
    assert [name for name, value in documented().items() if secret.search(name) and value] == []


@pytest.mark.parametrize("name", sorted(app_services()))
def test_every_variable_of_our_containers_is_one_that_the_settings_read(name):
    given = set(app_services()[name]["environment"])
    assert given - read_by_production() - READ_BEFORE_SETTINGS == set()


def test_every_variable_that_compose_fills_in_is_documented():
    text = (REPOSITORY / "docker-compose.yml").read_text()
    assert interpolated(text) - set(documented()) == set()


def test_production_has_everything_it_requires_without_a_default():
    """An empty environment is refused; what compose gives is what each refusal asks for."""
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "petwash.settings.prod"}
    given = app_services()["web"]["environment"]
    asked: list[str] = []
    while True:
        done = subprocess.run(
            [sys.executable, "-c", "import petwash.settings.prod"],
            env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            break
        missing = re.search(r"ImproperlyConfigured: ([A-Z_]+) is not set", done.stderr)
        assert missing, done.stderr
        asked.append(missing[1])
        assert missing[1] in given
        environment[missing[1]] = KEY
        if missing[1] in {"DATABASE_URL", "MQTT_URL"}:
            environment[missing[1]] = re.sub(r"\$\{[^}]*\}", "x", given[missing[1]])
    assert {"SECRET_KEY", "JWT_SIGNING_KEY", "STRIPE_API_KEY", "EMAIL_HOST"} <= set(asked)


def test_compose_keeps_production_settings_and_no_demo():
    for service in app_services().values():
        assert service["environment"]["DJANGO_SETTINGS_MODULE"] == "petwash.settings.prod"
        assert "PETWASH_DEMO" not in service["environment"]


def test_only_the_migration_has_the_owners_password():
    holders = {name for name, service in services().items() if "PETWASH_OWNER_PASSWORD" in json.dumps(service)}
    assert holders == {"postgres", "migrate"}
    assert services()["migrate"]["environment"]["PETWASH_AS_OWNER"] == "yes"


def commands() -> list[tuple[str, list[str]]]:
    image_command = [json.loads(rest) for word, rest in dockerfile() if word == "CMD"][-1]
    return [("image", image_command)] + [
        (name, service["command"]) for name, service in app_services().items() if "command" in service
    ]


@pytest.mark.parametrize(("name", "command"), commands())
def test_every_command_exists(name, command):
    if command[:2] == ["sh", "-c"]:
        command = command[2].removeprefix("exec ").split()
    program, *rest = command
    if program == "python" and rest[0] == "manage.py":
        assert rest[1] in get_commands()
    elif program == "python":
        assert (REPOSITORY / rest[0]).is_file()
    elif program == "celery":
        assert importlib.import_module(rest[rest.index("-A") + 1]).celery_app.main == "petwash"
        assert rest[2] in {"worker", "beat"}
    else:
        assert program == "uvicorn"
        module, attribute = rest[0].split(":")
        assert callable(getattr(importlib.import_module(module), attribute))


def test_ports_agree():
    image = [json.loads(rest) for word, rest in dockerfile() if word == "CMD"][-1]
    served = image[image.index("--port") + 1]
    assert [rest for word, rest in dockerfile() if word == "EXPOSE"] == [served]
    assert services()["web"]["environment"]["PORT"] == served
    assert services()["web"]["ports"] == [f"127.0.0.1:${{WEB_PORT:-8000}}:{served}"]
    broker = (REPOSITORY / "deploy/mosquitto/mosquitto.conf").read_text()
    listener = re.search(r"^listener (\d+)$", broker, re.MULTILINE)
    assert listener
    assert services()["mosquitto"]["ports"][0].endswith(f":{listener[1]}")
    addresses = app_services()["web"]["environment"]
    expected = {"DATABASE_URL": 5432, "REDIS_URL": 6379, "MQTT_URL": int(listener[1])}
    hosts = {"DATABASE_URL": "postgres", "REDIS_URL": "redis", "MQTT_URL": "mosquitto"}
    for variable, port in expected.items():
        address = urlsplit(re.sub(r"\$\{[^}]*\}", "x", addresses[variable]))
        assert (address.hostname, address.port) == (hosts[variable], port)
        assert hosts[variable] in services()


def health_checks() -> list[tuple[str, list[str]]]:
    image = [rest.split("CMD ", 1)[1] for word, rest in dockerfile() if word == "HEALTHCHECK"]
    return [("web", json.loads(image[0]))] + [
        (name, service["healthcheck"]["test"][1:])
        for name, service in app_services().items()
        if "test" in service.get("healthcheck", {})
    ]


@pytest.mark.parametrize(("name", "check"), health_checks())
def test_health_checks_hit_routes_and_loops_that_exist(name, check):
    program, script, url, *part = check
    assert (program, script) == ("python", "deploy/healthcheck.py")
    address = urlsplit(url)
    assert address.hostname in {"127.0.0.1", "web"}
    assert address.port == 8000
    assert resolve(address.path).url_name in {"health-ready", "health-status"}
    if part:
        assert part == [name]
        assert name in {"worker", "beat", "relay", "bridge"}


def test_every_service_that_stays_has_a_health_check():
    lacking = [
        name
        for name, service in services().items()
        if service.get("restart") == "unless-stopped"
        and name not in {"web", "simulator"}
        and "test" not in service.get("healthcheck", {})
    ]
    assert lacking == []


def test_images_are_pinned_and_ours_is_not_root():
    images = {service["image"] for service in services().values()}
    images |= {rest.split(" AS ")[0] for word, rest in dockerfile() if word == "FROM"}
    loose = [image for image in images if not re.search(r":v?\d+\.\d+(\.\d+)?", image)]
    assert loose == []
    versions = {image.split(":")[0]: image.split(":")[1] for image in images}
    assert versions["postgres"].startswith("18.")
    assert versions["redis"].startswith("7.")
    assert versions["eclipse-mosquitto"].startswith("2.")
    users = [rest for word, rest in dockerfile() if word == "USER"]
    assert users == ["10001:10001"]
    assert [word for word, _ in dockerfile()].count("FROM") == 2


def test_mounted_files_and_named_volumes_exist():
    for service in services().values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (REPOSITORY / source).is_file(), source
            else:
                assert source in compose()["volumes"]


def test_a_new_postgres_volume_is_where_version_18_looks():
    """Since 18, the image keeps its data in a folder of its version below /var/lib/postgresql."""
    assert "postgres:/var/lib/postgresql" in services()["postgres"]["volumes"]


def test_the_bridges_password_reaches_the_brokers_file(tmp_path):
    passwords = tmp_path / "mqtt" / "passwords"
    PasswordFile(passwords).set("harbour-1", "kept")
    subprocess.run(
        [sys.executable, "deploy/broker_credentials.py"],
        env={"MQTT_URL": "mqtt://bridge:s%40crET@mosquitto:1883", "MQTT_PASSWORD_FILE": str(passwords)},
        cwd=REPOSITORY,
        check=True,
    )
    entries = PasswordFile(passwords).entries()
    assert verify_password("s@crET", entries["bridge"])
    assert verify_password("kept", entries["harbour-1"])
    assert PasswordFile(passwords).acl_path.read_text() == access_list(["bridge", "harbour-1"])


def test_the_broker_reads_the_files_that_the_application_writes():
    files = PasswordFile(Path("/mosquitto/auth/passwords"))
    conf = (REPOSITORY / "deploy/mosquitto/mosquitto.conf").read_text().splitlines()
    assert f"password_file {files.path}" in conf
    assert f"acl_file {files.acl_path}" in conf
    assert f'files="{files.path} {files.acl_path}"' in (REPOSITORY / "deploy/mosquitto/start.sh").read_text()
    assert "broker-auth:/mosquitto/auth" in services()["mosquitto"]["volumes"]


def test_the_health_check_tells_well_from_unwell(live_server, tmp_path: Path):
    def check(*arguments: str) -> int:
        return subprocess.call(
            [sys.executable, "deploy/healthcheck.py", *arguments],
            env={"ALLOWED_HOSTS": "petwash.example"},
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
        )

    assert check(f"{live_server.url}/health/ready") == 0
    assert check(f"{live_server.url}/health/nowhere") == 1
    assert check(f"{live_server.url}/health/status", "worker") == 1
    assert check(f"{live_server.url}/health/status", "database") == 0
    assert check("http://127.0.0.1:9/health/ready") == 1


def test_the_development_broker_obeys_the_limits_of_production():
    limits = (REPOSITORY / "deploy/mosquitto/limits.conf").read_text()
    for line in ("allow_anonymous false", "max_inflight_messages 5000", "persistence true"):
        assert line in limits.splitlines()
