"""Reading what is deployed: the compose file, the Dockerfile, the example of the environment."""

import re
from functools import cache
from typing import Any

import yaml

from petwash.devstack.programs import REPOSITORY

_VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>[A-Z_]+)(?::?[-?][^}]*)?\}")


@cache
def compose() -> dict[str, Any]:
    """Return the compose file as Compose sees it, with variables still in place."""
    parsed: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return parsed


def services() -> dict[str, dict[str, Any]]:
    """Return the services by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def app_services() -> dict[str, dict[str, Any]]:
    """Return the services that run our image."""
    return {name: service for name, service in services().items() if "build" in service}


def interpolated(text: str) -> set[str]:
    """Return the variables that Compose would fill in."""
    return {match["name"] for match in _VARIABLE.finditer(text)}


def documented() -> dict[str, str]:
    """Return the variables of .env.example, those that are commented out included."""
    lines = (REPOSITORY / ".env.example").read_text().splitlines()
    found = (re.fullmatch(r"(?:# )?([A-Z][A-Z_]+)=(.*)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


def dockerfile() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions in order, continuation lines joined."""
    text = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    pairs = (line.split(None, 1) for line in lines if line and not line.startswith("#"))
    return [(word, rest) for word, rest in pairs]
