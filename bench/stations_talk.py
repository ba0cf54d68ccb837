"""A process that talks for many stations at once: written beforehand, sent as fast as the broker takes it.

    python -m bench.stations_talk PORT USER PASSWORD FILE

FILE holds finished MQTT packets. It prints `ready` when the broker has let it in, waits for a line, and
ends with status 0 when the broker has acknowledged each message.
"""

import socket
import sys
import threading
from pathlib import Path

from bench.packets import CONNACK_ACCEPTED, PUBACK_BYTES, connect

CHUNK = 1 << 16


def main(port: int, user: str, password: str, file: Path) -> int:
    """Send the packets of the file; return the exit status."""
    packets = file.read_bytes()
    wanted = int.from_bytes(packets[:4], "big") * PUBACK_BYTES
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(connect(f"talk-{file.stem}", user, password))
        if wire.recv(4) != CONNACK_ACCEPTED:
            return 1
        print("ready", flush=True)
        sys.stdin.readline()
        sender = threading.Thread(target=wire.sendall, args=[memoryview(packets)[4:]])
        sender.start()
        while wanted > 0:
            heard = len(wire.recv(CHUNK))
            if not heard:
                return 1
            wanted -= heard
        sender.join()
    return 0


if __name__ == "__main__":
    port, user, password, file = sys.argv[1:]
    sys.exit(main(int(port), user, password, Path(file)))
