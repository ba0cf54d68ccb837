"""`make lint`: every check that reads the code without running it; all run, then one verdict."""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from petwash.devstack.ports import free_port
from petwash.devstack.postgres import PostgresServer
from petwash.devstack.programs import REPOSITORY, manage

BIN = Path(sys.executable).parent
APPS = sorted(path.parent.parent.name for path in REPOSITORY.glob("apps/*/migrations/0001_*.py"))
CHECKS = {
    "style": [str(BIN / "ruff"), "check"],
    "format": [str(BIN / "ruff"), "format", "--check"],
    "types": [str(BIN / "mypy"), "apps", "petwash", "bench", "docs/examples"],
    "borders between apps": [str(BIN / "lint-imports")],
    "missing migrations": manage("makemigrations", "--check", "--dry-run"),
    "unsafe migrations": manage("lintmigrations", "--no-cache", "--quiet", "ok", "--include-apps", *APPS),
}


def main() -> int:
    """Run all checks; return 1 when one failed."""
    with tempfile.TemporaryDirectory(prefix="petwash-lint-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL may run as another user than root
        server = PostgresServer(
            Path(folder) / "postgres",
            free_port(),
            secrets.token_hex(16),
            log=Path(folder) / "log",
            durable=False,
        )
        server.start()
        try:
            failed = _failed(server.url())
        finally:
            server.stop()
    print(f"petwash: failed: {', '.join(failed)}." if failed else "petwash: lint is clean.")
    return 1 if failed else 0


def _failed(database: str) -> list[str]:
    """Run the checks; those of migrations ask an empty database."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "petwash.settings.lint",
        "DATABASE_URL": database,
        "LOG_LEVEL": "WARNING",
    }
    failed = []
    for name, command in CHECKS.items():
        print(f"petwash: {name} ...", flush=True)
        if subprocess.call(command, cwd=REPOSITORY, env=environment) != 0:
            failed.append(name)
    return failed


if __name__ == "__main__":
    sys.exit(main())
