"""`make lint`: every check that reads the code without running it; all run, then one verdict."""

import os
import subprocess
import sys
from pathlib import Path

from petwash.devstack.programs import REPOSITORY, manage

BIN = Path(sys.executable).parent
CHECKS = {
    "style": [str(BIN / "ruff"), "check"],
    "format": [str(BIN / "ruff"), "format", "--check"],
    "types": [str(BIN / "mypy"), "apps", "petwash"],
    "borders between apps": [str(BIN / "lint-imports")],
    "missing migrations": manage("makemigrations", "--check", "--dry-run"),
}


def main() -> int:
    """Run all checks; return 1 when one failed."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "petwash.settings.dev"}
    failed = []
    for name, command in CHECKS.items():
        print(f"petwash: {name} ...", flush=True)
        if subprocess.call(command, cwd=REPOSITORY, env=environment) != 0:
            failed.append(name)
    print(f"petwash: failed: {', '.join(failed)}." if failed else "petwash: lint is clean.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
