"""What really happened in a run: lines that several processes append to one file, and a count.

A line is one write to a file opened for appending, so it survives the end of its writer.
"""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class Diary:
    """Append-only; each reader goes on where it was."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        self._read_to = 0

    def note(self, what: str, **details: Any) -> None:
        """Write down that something happened."""
        os.write(self._file, json.dumps({"what": what, **details}).encode() + b"\n")

    def news(self) -> list[Line]:
        """Return the lines since the last call."""
        size = os.fstat(self._file).st_size
        fresh = os.pread(self._file, size - self._read_to, self._read_to)
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read_to += len(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def all(self) -> list[Line]:
        """Return every line."""
        size = os.fstat(self._file).st_size
        return [json.loads(line) for line in os.pread(self._file, size, 0).splitlines()]

    def counted(self) -> Counter[str]:
        """Return how often each thing happened."""
        return Counter(str(line["what"]) for line in self.all())


class Count:
    """A number on disk that one process raises and others read."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)

    def read(self) -> int:
        """Return the number."""
        return int.from_bytes(os.pread(self._file, 8, 0), "big")

    def set(self, number: int) -> None:
        """Write the number."""
        os.pwrite(self._file, number.to_bytes(8, "big"), 0)
