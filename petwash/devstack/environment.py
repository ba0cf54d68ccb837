"""The environment of one running copy: what its processes and tools read."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from petwash.devstack.home import Home
from petwash.devstack.ports import free_port

DEFAULT_PORT = 8000
_SHARED_SECRETS = (
    "SECRET_KEY",
    "JWT_SIGNING_KEY",
    "FIELD_ENCRYPTION_KEYS",
    "STATION_SIGNING_KEY",
    "BAY_TOKEN_KEY",
    "STRIPE_API_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "VETTING_API_KEY",
    "VETTING_WEBHOOK_SECRET",
    "DEMO_PASSWORD",
)


def compose(home: Home, port: int, servers: Mapping[str, str]) -> dict[str, str]:
    """Return every variable of this copy; `servers` holds the addresses of its three servers."""
    stripe, vetting = ports(home, "STRIPE_SANDBOX_PORT", "VETTING_SANDBOX_PORT")
    return {
        "PORT": str(port),
        "PETWASH_HOME": str(home.path),
        "PETWASH_DEMO": "yes",
        "DJANGO_SETTINGS_MODULE": "petwash.settings.dev",
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "EMAIL_FILE_PATH": str(home.path / "mail"),
        "STRIPE_SANDBOX_PORT": str(stripe),
        "STRIPE_API_BASE": f"http://127.0.0.1:{stripe}",
        "VETTING_SANDBOX_PORT": str(vetting),
        "VETTING_API_BASE": f"http://127.0.0.1:{vetting}",
        **{name: home.secret(name) for name in _SHARED_SECRETS},
        **servers,
    }


def ports(home: Home, *names: str) -> list[int]:
    """Return a free port for each variable, the same as last time where it is still free."""
    known = read(home.env_file)
    last = {name: _port_in(known.get(name, "")) for name in names}
    chosen: list[int] = []
    for name in names:
        port = free_port(last[name])
        while port in chosen:
            port = free_port()
        chosen.append(port)
    return chosen


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Write KEY=value lines for the owner alone; a shell can source them."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items()))


def read(path: Path) -> dict[str, str]:
    """Read what `write` wrote; an absent file holds nothing."""
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {name: "".join(shlex.split(value)) for name, value in pairs}


def _port_in(value: str) -> int:
    if value.isdigit():
        return int(value)
    try:
        return urlsplit(value).port or 0
    except ValueError:
        return 0
