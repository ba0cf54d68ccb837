"""Runs one server for as long as the process that started it lives. Standard library only.

The starter holds the other end of this program's standard input. However the starter ends, by
Ctrl-C, by SIGTERM or by `kill -9`, that pipe closes, and the leash stops the server with the
signal that is right for it. The leash has a session of its own, so a Ctrl-C at the terminal does
not reach the server before its clients are gone.

    python leash.py SIGNAL SECONDS REMOVE COMMAND...   (REMOVE: a folder to delete, or "-")
"""

import os
import shutil
import signal
import subprocess
import sys
import threading


def main(stop_signal: signal.Signals, patience: float, remove: str, command: list[str]) -> int:
    """Run the command until it ends or the starter is gone; return its exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, restore_signals=True)

    def stop() -> None:
        if server.poll() is None:
            server.send_signal(stop_signal)
            reaper = threading.Timer(patience, server.kill)
            reaper.daemon = True
            reaper.start()

    def watch_starter() -> None:
        while os.read(0, 64):
            pass
        stop()

    signal.signal(signal.SIGTERM, lambda *_: stop())
    threading.Thread(target=watch_starter, daemon=True).start()
    status = server.wait()
    if remove != "-":
        shutil.rmtree(remove, ignore_errors=True)
    return status


if __name__ == "__main__":
    status = main(signal.Signals[sys.argv[1]], float(sys.argv[2]), sys.argv[3], sys.argv[4:])
    os._exit(status if status >= 0 else 128 - status)  # not held up by the thread on stdin
