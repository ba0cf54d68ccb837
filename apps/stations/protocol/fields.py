"""Strict reading of a JSON object: each field is named, typed and bounded; none is left over."""

import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from .errors import ProtocolError
from .topics import CODE
from .ulid import is_ulid

SIZE_LIMIT = 4096
INT4_MAX = 2**31 - 1
SAFE_MAX = 2**53 - 1
SECONDS_MAX = 86_400
ML_MAX = 1_000_000
OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,64}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
Choice = TypeVar("Choice", bound=StrEnum)


def load_object(payload: bytes) -> dict[str, Any]:
    """Return the JSON object of a payload of at most 4 KB.

    Raises: ProtocolError (`too_long`, `not_json`, `not_an_object`, `repeated_field`).
    """
    if len(payload) > SIZE_LIMIT:
        raise ProtocolError("too_long", f"A message has at most {SIZE_LIMIT} bytes.")
    try:
        data = json.loads(payload.decode(), object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except ProtocolError:
        raise
    except (ValueError, RecursionError) as error:
        raise ProtocolError("not_json", "The message is not JSON in UTF-8.") from error
    if not isinstance(data, dict):
        raise ProtocolError("not_an_object", "The message is not a JSON object.")
    return data


def dump_object(data: dict[str, Any]) -> bytes:
    """Return the compact one-line JSON of an object."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def write_instant(moment: datetime) -> str:
    """Return RFC 3339 in UTC.

    Raises: ValueError for a naive time.
    """
    if moment.tzinfo is None:
        raise ValueError("An instant on the wire needs a time zone.")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Fields:
    """The fields of one object that are still to be read; `done()` refuses the rest."""

    def __init__(self, data: Any, where: str = "") -> None:
        if not isinstance(data, dict):
            raise ProtocolError("wrong_type", f"{where or 'message'} must be an object.", where)
        self._rest = dict(data)
        self._where = where

    def has(self, name: str) -> bool:
        """Tell whether the field is there and not null."""
        return self._rest.get(name) is not None

    def present(self, name: str) -> bool:
        """Tell whether the field is there, null or not."""
        return name in self._rest

    def done(self) -> None:
        """Raises: ProtocolError (`unknown_field`) when a field is left."""
        if self._rest:
            name = self._path(ascii(next(iter(self._rest))).strip("'\"")[:60])
            raise ProtocolError("unknown_field", f"{name} is not a field here.", name)

    def drop_null(self, name: str) -> None:
        """Read a field that may be absent and, when it is there, must be null."""
        if self._rest.pop(name, None) is not None:
            self._refuse("bad_value", name, "must be null here")

    def flag(self, name: str) -> bool:
        """Read true or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            self._refuse("wrong_type", name, "must be true or false")
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """Read a whole number from low to high, both included."""
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int):
            self._refuse("wrong_type", name, "must be a whole number")
        if not low <= value <= high:
            self._refuse("out_of_range", name, f"must be from {low} to {high}")
        return value

    def text(self, name: str, pattern: re.Pattern[str]) -> str:
        """Read a text that matches the pattern as a whole."""
        value = self._take(name)
        if not isinstance(value, str):
            self._refuse("wrong_type", name, "must be a text")
        if not pattern.fullmatch(value):
            self._refuse("bad_value", name, "has a form that is not allowed")
        return value

    def optional_text(self, name: str, pattern: re.Pattern[str]) -> str | None:
        """Read a text or null; the field itself must be there."""
        if name in self._rest and self._rest[name] is None:
            del self._rest[name]
            return None
        return self.text(name, pattern)

    def choice(self, name: str, choices: type[Choice]) -> Choice:
        """Read one of the words."""
        value = self._take(name)
        try:
            return choices(value if isinstance(value, str) else "")
        except ValueError:
            words = ", ".join(word.value for word in choices)
            self._refuse("bad_value", name, f"must be one of {words}")

    def ulid(self, name: str) -> str:
        """Read a ULID."""
        value = self._take(name)
        if not isinstance(value, str) or not is_ulid(value):
            self._refuse("bad_value", name, "must be a ULID")
        return value

    def instant(self, name: str) -> datetime:
        """Read an RFC 3339 instant; answers in UTC."""
        text = self.text(name, INSTANT)
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            self._refuse("bad_value", name, "is not an instant of the calendar")

    def chemicals(self, name: str) -> dict[str, int]:
        """Read `{chemical: ml}`."""
        inner = Fields(self._take(name), self._path(name))
        codes = list(inner._rest)
        if any(not CODE.fullmatch(code) for code in codes):
            self._refuse("bad_value", name, "names a chemical in a form that is not allowed")
        return {code: inner.integer(code, 0, ML_MAX) for code in codes}

    def objects(self, name: str, limit: int) -> list["Fields"]:
        """Read a list of at most `limit` objects."""
        value = self._take(name)
        if not isinstance(value, list):
            self._refuse("wrong_type", name, "must be a list")
        if len(value) > limit:
            self._refuse("out_of_range", name, f"has at most {limit} entries")
        path = self._path(name)
        return [Fields(item, f"{path}[{index}]") for index, item in enumerate(value)]

    def _take(self, name: str) -> Any:
        if name not in self._rest:
            self._refuse("missing_field", name, "is missing")
        return self._rest.pop(name)

    def _path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def _refuse(self, reason: str, name: str, what: str) -> NoReturn:
        raise ProtocolError(reason, f"{self._path(name)} {what}.", self._path(name))


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ProtocolError("repeated_field", "A field stands twice in one object.")
    return data


def _no_constant(word: str) -> NoReturn:
    raise ProtocolError("not_json", f"{word} is not JSON.")
