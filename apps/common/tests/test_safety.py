"""Secrets stay out of logs and out of a weak production."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from structlog.testing import capture_logs

from apps.common import crypto, privacy
from apps.common.db import OutsideCallInTransaction, outside_call
from apps.common.logs import HIDDEN, configure, hide_secrets
from petwash.env import Environment

ROOT = Path(__file__).parents[3]
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "petwash.settings.prod",
    "SECRET_KEY": "k" * 20 + "Zq8-" * 10,
    "JWT_SIGNING_KEY": "jQ7x" * 10,
    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "STATION_SIGNING_KEY": "uV3s" * 11,
    "BAY_TOKEN_KEY": "b9Kt" * 10,
    "STRIPE_API_KEY": "sk_live_51Habcdefghij",
    "STRIPE_WEBHOOK_SECRET": "whsec_9f8e7d6c5b4a3f2e",
    "VETTING_API_KEY": "4f3e2d1c0b9a8f7e6d5c",
    "VETTING_WEBHOOK_SECRET": "1a2b3c4d5e6f7a8b9c0d",
    "DATABASE_URL": "postgresql://petwash_app:x@db/petwash",
    "REDIS_URL": "redis://cache:6379/0",
    "MQTT_URL": "mqtts://bridge:hunter@broker:8883",
    "ALLOWED_HOSTS": "petwash.example",
    "PUBLIC_BASE_URL": "https://petwash.example",
    "EMAIL_HOST": "mail.petwash.example",
}
BOOT = "import django; django.setup(); print('up')"


def boot(program=BOOT, **changes):
    environment = {"PATH": os.environ["PATH"], **PRODUCTION, **changes}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_production_starts_with_real_secrets_and_has_no_pages_of_the_demo():
    run = boot(f"{BOOT}; from petwash.urls import urlpatterns; print(*(one.pattern for one in urlpatterns))")
    up, _, places = run.stdout.partition("\n")
    assert up == "up", run.stderr
    assert "api/v1/" in places
    assert "demo" not in places


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"PETWASH_DEMO": "yes"}, "petwash.E001"),
        ({"SECRET_KEY": "short"}, "petwash.E002"),
        ({"JWT_SIGNING_KEY": "changeme" * 8}, "petwash.E002"),
        ({"STRIPE_API_BASE": "http://127.0.0.1:12111"}, "petwash.E004"),
        ({"FIELD_ENCRYPTION_KEYS": "nonsense"}, "petwash.E005"),
        ({"STRIPE_PUBLISHABLE_KEY": "sk_live_0123456789"}, "petwash.E006"),
        ({"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET is not set"),
        ({"MQTT_URL": "mqtt://broker:1883"}, "anonymous brokers are refused"),
        ({"DATABASE_URL": "sqlite:///x"}, "PostgreSQL alone"),
    ],
)
def test_production_refuses_to_start(changes, complaint):
    run = boot(**changes)
    assert run.returncode != 0
    assert complaint in run.stderr


@pytest.mark.parametrize(
    "key", ["password", "refresh_token", "Authorization", "otp_code", "owner_pin", "card", "message_body", "api_key"]
)
def test_suspicious_values_are_hidden_from_logs(key):
    assert hide_secrets(None, "info", {key: "4242", "event": "x"})[key] == HIDDEN


def test_a_logger_that_was_used_follows_a_second_set_up(settings):
    log = structlog.get_logger("petwash.tests")
    log.info("before")
    configure(settings.LOGGING)

    with capture_logs() as said:
        log.info("after")

    assert [entry["event"] for entry in said] == ["after"]


def test_harmless_values_are_logged():
    entry = {"event": "x", "failure_code": "card_declined", "path": "/", "shipping": "y", "status": 200}
    assert hide_secrets(None, "info", dict(entry)) == entry


def test_every_variable_error_names_the_variable():
    env = Environment({"N": "ten", "F": "perhaps", "D": "mysql://x"})
    for read, name in [
        (lambda: env.number("N", 1), "N"),
        (lambda: env.flag("F", default=False), "F"),
        (lambda: env.database("D"), "D"),
        (lambda: env.text("ABSENT"), "ABSENT"),
    ]:
        with pytest.raises(ImproperlyConfigured, match=f"^{name} "):
            read()


def test_field_keys_can_be_rotated(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    token = crypto.encrypt("seed")
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert crypto.decrypt(token) == "seed"
    settings.FIELD_ENCRYPTION_KEYS = [new]
    with pytest.raises(crypto.Undecryptable):
        crypto.decrypt(token)


@pytest.mark.django_db(transaction=True)
def test_nobody_calls_the_outside_within_a_transaction():
    with pytest.raises(OutsideCallInTransaction), transaction.atomic(), outside_call():
        pass


@pytest.mark.django_db(transaction=True)
def test_an_outside_call_gives_the_connection_back():
    connection.ensure_connection()
    with outside_call():
        assert connection.connection is None


def test_the_privacy_registry_asks_every_holder(monkeypatch):
    monkeypatch.setattr(privacy, "_HOLDERS", {})
    erased = []
    privacy.register("a", export=lambda user: {"x": 1}, erase=lambda user: erased.append("a"))
    privacy.register(
        "b", export=lambda user: {}, erase=lambda user: erased.append("b"), blocks=lambda user: ["A stay is open."]
    )
    assert privacy.export_all(None) == {"a": {"x": 1}, "b": {}}
    assert privacy.blocks_all(None) == ["A stay is open."]
    privacy.erase_all(None)
    assert erased == ["b", "a"]


def test_libraries_that_spell_out_names_stay_quiet():
    for library in ("fontTools.subset", "fpdf.output", "httpx", "stripe"):
        assert not logging.getLogger(library).isEnabledFor(logging.INFO), library
