"""What stands in the street: the stations' own files, and an ear at the broker."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from apps.common.ids import uuid7
from apps.demo.client import StepFailed


@dataclass(frozen=True)
class Bay:
    """A bay as its printed sign shows it."""

    station: str
    id: str
    number: int
    token: str


def read_bays(folder: Path, stations: int) -> list[Bay]:
    """Return the bays of the first stations. Raises: StepFailed when there are not so many."""
    files = sorted(folder.glob("*.json"))
    if len(files) < stations:
        raise StepFailed(
            f"{stations} stations are wanted and {len(files)} are provisioned: "
            f"start the stack with PETWASH_DEMO_STATIONS={stations}"
        )
    bays = []
    for path in files[:stations]:
        station = json.loads(path.read_text())
        bays += [Bay(station["station_id"], bay["id"], bay["number"], bay["bay_token"]) for bay in station["bays"]]
    return bays


class Witness:
    """Listens to every command that the server sends, to prove what did and did not happen."""

    def __init__(self, mqtt_url: str) -> None:
        address = urlsplit(mqtt_url)
        self._commands: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"demo-{uuid7()}")
        self._client.username_pw_set(address.username, address.password)
        self._client.on_connect = lambda client, *rest: client.subscribe("pw/v1/st/+/cmd/+", qos=1)
        self._client.on_subscribe = lambda *rest: self._ready.set()
        self._client.on_message = self._note
        self._client.connect(str(address.hostname), address.port or 1883)
        self._client.loop_start()
        if not self._ready.wait(10):
            raise StepFailed("the broker did not let the demo listen")

    def _note(self, client: Any, userdata: Any, message: mqtt.MQTTMessage) -> None:
        body, _, _ = message.payload.partition(b"\n")
        try:
            command = json.loads(body)
        except ValueError:
            return
        with self._lock:
            self._commands.append(command)

    def starts_for(self, wash: str) -> set[str]:
        """Return the ids of the start commands for a wash; a resent command keeps its id."""
        with self._lock:
            return {c["id"] for c in self._commands if c["type"] == "start" and c["wash"] == wash}

    def count_starts(self) -> int:
        """Return how many different start commands were seen."""
        with self._lock:
            return len({c["id"] for c in self._commands if c["type"] == "start"})

    def close(self) -> None:
        """Stop listening."""
        self._client.disconnect()
        self._client.loop_stop()
