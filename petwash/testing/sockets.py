"""Tests speak to this machine only."""

import socket
from typing import Any

_LOCAL = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104  compared, never bound


class OutsideWorldError(RuntimeError):
    """A test tried to leave the machine."""


def forbid_outside_connections() -> None:
    """Let every socket refuse to connect beyond loopback and Unix sockets, from now on."""
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _guarded(name))


def _guarded(name: str) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family != socket.AF_UNIX and not str(host).startswith(_LOCAL):
            self.close()
            raise OutsideWorldError(f"A test connects to {host!r}; only this machine is allowed.")
        return getattr(super(socket.socket, self), name)(address)

    connect.__name__ = name
    return connect
