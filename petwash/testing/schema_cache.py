"""A migrated, empty database kept between test runs, as long as nothing that migrations read has changed.

A hundred migrations take far longer than a test or two. A machine that starts from nothing has nothing kept, so there
the migrations run. Remove the folder to run them anew.
"""

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from petwash.devstack.postgres import binaries
from petwash.devstack.programs import REPOSITORY

FOLDER = REPOSITORY / ".petwash" / "test-schema"
KEPT = 3
_READ_BY_MIGRATIONS = (
    "apps/*/migrations/*.py",
    "apps/*/models.py",
    "apps/*/models/*.py",
    "apps/common/*.py",
    "petwash/settings/*.py",
    "petwash/devstack/roles.py",
    "requirements.txt",
    "requirements-dev.txt",
)
_OWN_IMPORT = re.compile(r"^(?:from|import) (apps(?:\.\w+)+)", re.MULTILINE)


class SchemaCache:
    """Dumps of migrated databases, named by what made them."""

    def __init__(self, folder: Path = FOLDER, repository: Path = REPOSITORY) -> None:
        self._dump = folder / f"{fingerprint(repository)}.dump"

    def restore(self, url: str) -> bool:
        """Fill the empty database from the dump; False when there is none."""
        if not self._dump.exists():
            return False
        os.utime(self._dump)
        _run("pg_restore", url, "--exit-on-error", str(self._dump))
        return True

    def keep(self, url: str) -> None:
        """Dump the migrated database, whole or not at all, and forget the oldest dumps."""
        self._dump.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._dump.parent) as folder:
            half = Path(folder) / "half"
            _run("pg_dump", url, "--format=custom", "--compress=0", f"--file={half}")
            half.rename(self._dump)
        by_age = sorted(self._dump.parent.glob("*.dump"), key=lambda dump: dump.stat().st_mtime)
        for dump in by_age[:-KEPT]:
            dump.unlink(missing_ok=True)


def fingerprint(repository: Path) -> str:
    """Return a name for the content of every file that migrations read, and of the modules they import."""
    digest = hashlib.sha256()
    for path in sorted(set(_sources(repository))):
        digest.update(f"{path.relative_to(repository)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _sources(repository: Path) -> Iterator[Path]:
    for pattern in _READ_BY_MIGRATIONS:
        yield from repository.glob(pattern)
    for migration in repository.glob("apps/*/migrations/*.py"):
        for module in _OWN_IMPORT.findall(migration.read_text()):
            path = repository.joinpath(*module.split("."))
            yield from (found for found in (path.with_suffix(".py"), path / "__init__.py") if found.exists())


def _run(program: str, url: str, *arguments: str) -> None:
    parts = urlsplit(url)
    address = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
    }
    target = ["--dbname", address["PGDATABASE"]] if program == "pg_restore" else []
    subprocess.run([str(binaries() / program), *target, *arguments], env={**os.environ, **address}, check=True)
