"""A wire between a client and a server that a test can cut."""

import socket
import threading
from contextlib import suppress


class Wire:
    """Carries every connection to a port of this machine until it is cut; then open ones fall silent, new ones fail."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._whole = threading.Event()
        self._whole.set()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._door = threading.Thread(target=self._accept)
        self._door.start()

    def cut(self) -> None:
        """Let nothing through any more, in neither direction, and nobody in."""
        self._whole.clear()

    def mend(self) -> None:
        """Let through what was held, and newcomers in."""
        self._whole.set()

    def close(self) -> None:
        """End everything."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._door.join()
        self._listener.close()
        self._whole.set()
        for end in self._sockets:
            with suppress(OSError):  # the other side has left
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in self._sockets:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # closed
                return
            if not self._whole.is_set():
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [near, far]
            for ends in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=self._carry, args=ends))
                self._threads[-1].start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):  # one side has left
            while data := one.recv(65_536):
                self._whole.wait()
                other.sendall(data)
            self._whole.wait()
            other.shutdown(socket.SHUT_WR)
