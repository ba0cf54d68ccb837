"""What all messages share: one line of JSON, strict both ways."""

from abc import ABC, abstractmethod
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from .fields import Fields, dump_object, load_object, write_instant


class Message(ABC):
    """What all messages share."""

    OMITTED_WHEN_NULL: ClassVar[frozenset[str]] = frozenset()

    def to_json(self) -> bytes:
        """Return the one-line JSON of this message."""
        return dump_object(_plain(self))

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read a payload.

        Raises: ProtocolError with the reason and, where there is one, the field.
        """
        reader = Fields(load_object(payload))
        message = cls._read(reader)
        reader.done()
        return message

    @classmethod
    @abstractmethod
    def _read(cls, data: Fields) -> Self:
        """Take this message's fields."""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        omitted = value.OMITTED_WHEN_NULL if isinstance(value, Message) else frozenset()
        pairs = ((item.name, getattr(value, item.name)) for item in fields(value))
        return {k: _plain(v) for k, v in pairs if not (v is None and k in omitted)}
    return value
