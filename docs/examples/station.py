"""A wash station in one file, written from docs/protocol.md alone: a starting point for device engineers.

    python station.py station.json flash.json BROKER_HOST [PORT]

`station.json` is what `manage.py provision_station` wrote; `flash.json` is the device's memory. The valves, the tanks'
sensors and the button are yours: look for "HARDWARE".
"""

import base64
import hmac
import json
import os
import secrets
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from paho.mqtt.enums import CallbackAPIVersion

Json = dict[str, Any]

FIRMWARE = "example-1.0"
HOST_STATE = "pw/v1/host/state"
RESEND_SECONDS = 30
REPORT_SECONDS = 5  # a running bay reports its clock and its tanks this often
WARNING_PCT, CRITICAL_PCT = 25, 10
REMEMBERED_COMMANDS = 1000


def ulid() -> str:
    """A new ULID: 48 bits of milliseconds and 80 of chance, in Crockford's base 32."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> shift & 31] for shift in range(125, -1, -5))


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def signed_body(key: Ed25519PublicKey, topic: str, payload: bytes) -> Json | None:
    """The command in `payload`, or None when the server did not sign it for this topic."""
    body, _, signature = payload.rpartition(b"\n")
    try:
        key.verify(base64.b64decode(signature, validate=True), topic.encode() + b"\n" + body)
    except (InvalidSignature, ValueError):
        return None
    command: Json = json.loads(body)
    return command if command["id"] == topic.rpartition("/")[2] else None


def presence_code(bay: Json, at: float) -> str:
    """The four digits on a bay's display. HARDWARE: show them where the bay has `display`, anew every 30 seconds."""
    window = f"{bay['id']}:{int(at) // 30}"
    digest = hmac.digest(bay["presence_key"].encode(), window.encode(), "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10_000:04}"


class Flash:
    """What survives a power cut: one JSON file that is replaced as a whole."""

    def __init__(self, path: Path, config: Json) -> None:
        self.path = path
        if path.exists():
            self.data: Json = json.loads(path.read_text())
        else:  # new memory: a new epoch
            self.data = {"epoch": secrets.token_urlsafe(12), "boot": 0, "commands": {}, "closed": [], "events": {}}
            self.data["tanks"] = {tank["chemical"]: tank["capacity_ml"] for tank in config["tanks"]}
            self.data["bays"] = {str(bay["number"]): idle() for bay in config["bays"]}

    def save(self) -> None:
        fresh = self.path.with_suffix(".new")
        with fresh.open("w") as file:
            json.dump(self.data, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)


def idle() -> Json:
    return {"state": "idle", "wash": None, "program": None, "total": 0, "used": 0, "fault": None, "started": None}


class Station:
    """The device. Everything happens in the thread that calls `step`; `second` is how long a second of water takes."""

    def __init__(
        self, config: Json, flash: Path, host: str, port: int = 1883, *, second: float = 1.0, sanitize_seconds: int = 20
    ) -> None:
        self.config, self.address, self.second = config, (host, port), second
        self.sanitize_seconds = sanitize_seconds
        self.root = f"pw/v1/st/{config['station_id']}"
        self.key = Ed25519PublicKey.from_public_bytes(base64.b64decode(config["server_public_key"]))
        self.programs: dict[str, Json] = {program["code"]: program for program in config["programs"]}
        self.capacity: dict[str, int] = {tank["chemical"]: tank["capacity_ml"] for tank in config["tanks"]}
        self.flash = Flash(flash, config)
        self.memory = self.flash.data
        self.bays: dict[str, Json] = self.memory["bays"]
        self.outbox: list[tuple[str, str, bool]] = []
        self.seq, self.alerted = 0, dict.fromkeys(self.capacity, 100)
        self.next_tick, self.next_resend, self.next_connect = time.monotonic(), 0.0, 0.0
        self.sanitized_at: dict[str, float] = {}
        self.boot()
        self.client = self.new_client()

    def boot(self) -> None:
        """A start in mid-wash closes the valves and waits for the customer."""
        self.memory["boot"] += 1
        for number, bay in self.bays.items():
            if bay["state"] == "running":
                bay["state"] = "paused"
            elif bay["state"] == "sanitizing":
                self.sanitize(number)  # from the beginning: nobody knows how far it came
        self.flash.save()

    # --- The connection -------------------------------------------------------------------------------------------

    def new_client(self) -> mqtt.Client:
        login = self.config["mqtt"]
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=login["client_id"], clean_session=False)
        client.username_pw_set(login["username"], login["password"])
        client.will_set(f"{self.root}/conn", json.dumps({"online": False, **self.identity()}), qos=1, retain=True)
        client.connect_timeout = 1.0  # HARDWARE: the valves' own timer must not wait for a network
        client.on_connect = self.on_connect
        client.on_message = self.on_message
        return client

    def identity(self) -> Json:
        return {"epoch": self.memory["epoch"], "boot": self.memory["boot"], "fw": FIRMWARE, "ts": now()}

    def publish(self, branch: str, payload: Json, *, retain: bool = False) -> None:
        self.outbox.append((f"{self.root}/{branch}", json.dumps(payload), retain))

    def commit(self) -> None:
        """Flash first, then water, then the network. Offline, events wait in flash, states for the next connect.

        HARDWARE: after the flash, and nowhere else, open the valves of the bays that are `running`, and close the
        others'; closing need not wait. Opened before it, a start whose id is lost with the power would be done again.
        """
        self.flash.save()
        for topic, payload, retain in self.outbox:
            if self.client.is_connected():
                self.client.publish(topic, payload, qos=1, retain=retain)
        self.outbox.clear()

    def on_connect(self, client: mqtt.Client, _data: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.is_failure:
            return
        client.subscribe([(f"{self.root}/cmd/+", 1), (f"{self.root}/evack/+", 1), (HOST_STATE, 1)])
        self.birth()
        self.commit()

    def birth(self) -> None:
        self.publish("conn", {"online": True, **self.identity()}, retain=True)
        bays = [{"bay": int(number), "state": bay["state"]} for number, bay in self.bays.items()]
        tanks = [{"chemical": chemical, "capacity_ml": ml} for chemical, ml in self.capacity.items()]
        sessions = [
            {"wash": bay["wash"], "bay": int(number), "seconds_left": bay["total"] - bay["used"]}
            for number, bay in self.bays.items()
            if bay["wash"]
        ]
        self.publish("birth", {**self.identity(), "bays": bays, "tanks": tanks, "sessions": sessions})
        for number in self.bays:
            self.report_bay(number)
        self.report_tanks(self.capacity)

    def on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        branch, _, name = message.topic.rpartition("/")
        if message.topic == HOST_STATE:
            if json.loads(message.payload)["online"]:
                self.next_resend = 0.0
        elif branch == f"{self.root}/evack":
            self.memory["events"].pop(name, None)
        elif command := signed_body(self.key, message.topic, bytes(message.payload)):
            self.obey(command)
        self.commit()  # before paho acknowledges the message to the broker

    # --- What the station says ------------------------------------------------------------------------------------

    def stamp(self) -> Json:
        self.seq += 1
        return {"boot": self.memory["boot"], "seq": self.seq, "ts": now()}

    def report_bay(self, number: str) -> None:
        bay = self.bays[number]
        left = bay["total"] - bay["used"] if bay["wash"] else 0
        state = {"state": bay["state"], "wash": bay["wash"], "seconds_left": left, "fault": bay["fault"]}
        self.publish(f"bay/{number}/state", {**state, **self.stamp()}, retain=True)

    def report_tanks(self, chemicals: Iterable[str]) -> None:
        for chemical in chemicals:
            level, capacity = self.memory["tanks"][chemical], self.capacity[chemical]
            tank = {"chemical": chemical, "level_ml": level, "capacity_ml": capacity}
            self.publish(f"tank/{chemical}/level", {**tank, **self.stamp()}, retain=True)

    def event(self, number: str, kind: str, **more: int) -> Json:
        bay = self.bays[number]
        payload = {"event_id": ulid(), "wash": bay["wash"], "type": kind, "seconds_used": bay["used"], **more}
        payload |= {"ml_used": self.poured(bay, bay["used"]), "offline": not self.client.is_connected(), **self.stamp()}
        self.keep(f"bay/{number}/event", payload)
        return payload

    def keep(self, branch: str, payload: Json) -> None:
        """Hold an event or an alert in flash until its evack comes."""
        self.memory["events"][payload["event_id"]] = [branch, payload]
        self.publish(branch, payload)

    def resend(self) -> None:
        self.next_resend = time.monotonic() + RESEND_SECONDS
        for branch, payload in self.memory["events"].values():
            self.publish(branch, payload)

    # --- Commands -------------------------------------------------------------------------------------------------

    def obey(self, command: Json) -> None:
        """Answer a signed command. Its id and its effect reach the flash together, before the answer and the valves."""
        known: Json = self.memory["commands"]
        result: list[str | None]
        if before := known.get(command["id"]):
            self.answer(command, ["duplicate", None] if before["answer"][0] == "accepted" else before["answer"])
            return
        if time.time() < 1_750_000_000:  # HARDWARE: ask your clock whether it is synchronised
            result = ["rejected", "clock_not_synchronised"]
        elif datetime.fromisoformat(command["expires_at"]) <= datetime.now(UTC):
            result = ["expired", None]
        elif any(other["nonce"] == command["nonce"] for other in known.values()):
            result = ["rejected", "nonce_reused"]
        else:
            reason = self.refusal(command)
            cancelled = command["type"] == "cancel" and not reason
            result = ["rejected", reason] if reason else ["cancelled" if cancelled else "accepted", None]
        known[command["id"]] = {"nonce": command["nonce"], "answer": result}
        while len(known) > REMEMBERED_COMMANDS:
            del known[next(iter(known))]
        self.answer(command, result)
        if result[0] in ("accepted", "cancelled"):
            self.act(command)
        elif command["type"] == "cancel" and self.is_here(command):
            number = str(command["bay"])
            self.keep(f"bay/{number}/event", self.bays[number]["started"])  # with its first event_id

    def answer(self, command: Json, result: list[str | None]) -> None:
        said = {"id": command["id"], "result": result[0], "reason": result[1], "ts": now()}
        self.publish(f"ack/{command['id']}", said)

    def refusal(self, command: Json) -> str | None:
        """Why the bay cannot do it, or None."""
        kind, wash = command["type"], command["wash"]
        if kind == "rebirth":
            return None
        bay = self.bays.get(str(command["bay"]))
        if bay is None:
            return "unknown_bay"
        if kind == "identify":
            return None
        here = bay["wash"] == wash
        if kind == "start":
            return self.start_refusal(command, bay)
        if kind == "cancel":
            return "already_started" if here or [command["bay"], wash] in self.memory["closed"] else None
        if not here:
            return "wash_unknown"
        if kind == "top_up" and command["total_seconds"] < bay["total"]:
            return "lower_total"
        return "not_paused" if kind == "resume" and bay["state"] != "paused" else None

    def start_refusal(self, command: Json, bay: Json) -> str | None:
        program, wash = self.programs.get(command["program"]), command["wash"]
        if program is None:
            return "unknown_program"
        if [None, wash] in self.memory["closed"]:
            return "cancelled_before"
        if bay["wash"] == wash or [command["bay"], wash] in self.memory["closed"]:
            return "already_started"
        if bay["state"] != "idle":
            return {"fault": "bay_fault", "sanitizing": "not_sanitized"}.get(bay["state"], "bay_busy")
        needs = self.poured({"program": command["program"]}, command["total_seconds"])
        return "tank_too_low" if any(self.memory["tanks"][name] < ml for name, ml in needs.items()) else None

    def is_here(self, command: Json) -> bool:
        bay = self.bays.get(str(command["bay"]))
        return bay is not None and bay["wash"] == command["wash"] is not None

    def act(self, command: Json) -> None:
        kind, number, wash, total = command["type"], str(command["bay"]), command["wash"], command["total_seconds"]
        if kind == "rebirth":
            self.birth()
            return
        bay = self.bays[number]
        if kind == "cancel":
            self.close(None, wash)  # the tombstone
        elif kind == "start":
            bay.update(idle(), state="running", wash=wash, program=command["program"], total=total)
            bay["started"] = self.event(number, "started")
        elif kind == "top_up" and total > bay["total"]:
            bay["total"] = total
            self.event(number, "topped_up", total_seconds=total)
        elif kind == "resume":
            bay["state"] = "running"
        elif kind == "stop":
            self.end(number, "stopped")
            return
        self.report_bay(number)

    def close(self, bay: int | None, wash: str) -> None:
        """Never start this wash again at this bay, or, after a cancel, anywhere."""
        self.memory["closed"] = [*self.memory["closed"], [bay, wash]][-REMEMBERED_COMMANDS:]

    # --- The bay --------------------------------------------------------------------------------------------------

    def poured(self, bay: Json, seconds: int) -> dict[str, int]:
        """Millilitres of each chemical that `seconds` of the bay's program take."""
        program = self.programs.get(bay["program"] or "")
        if program is None:
            return {}
        return {name: ml * seconds // program["seconds"] for name, ml in program["ml"].items()}

    def end(self, number: str, kind: str) -> None:
        """The wash is over: valves closed, the event kept, and the bay is cleaned before the next dog."""
        bay = self.bays[number]
        self.close(int(number), bay["wash"])
        self.event(number, kind)
        bay.update(idle())
        self.sanitize(number)
        self.report_bay(number)
        self.report_tanks(self.capacity)

    def sanitize(self, number: str) -> None:
        self.bays[number]["state"] = "sanitizing"
        self.sanitized_at[number] = time.monotonic() + self.sanitize_seconds * self.second

    def fault(self, number: str, code: str) -> None:
        """HARDWARE: call this when a pump or a valve fails. The paid rest is refunded or moved by the server."""
        bay = self.bays[number]
        if bay["wash"]:
            self.close(int(number), bay["wash"])
        self.event(number, "fault")
        bay.update(idle(), state="fault", fault=code)
        self.report_bay(number)

    def repaired(self, number: str) -> None:
        """HARDWARE: call this when the fault is over; the bay is cleaned before it is sold again."""
        self.bays[number].update(idle())
        self.sanitize(number)
        self.report_bay(number)

    def wash_one_second(self, number: str) -> None:
        bay = self.bays[number]
        before = self.poured(bay, bay["used"])
        bay["used"] += 1
        for name, ml in self.poured(bay, bay["used"]).items():  # HARDWARE: read the sensors of the tanks instead
            self.memory["tanks"][name] = max(0, self.memory["tanks"][name] - (ml - before[name]))
            self.watch_tank(name)
        if bay["used"] >= bay["total"]:
            self.end(number, "finished")
        elif bay["used"] % REPORT_SECONDS == 0:
            self.report_bay(number)
            self.report_tanks(before)

    def watch_tank(self, chemical: str) -> None:
        percent = 100 * self.memory["tanks"][chemical] // self.capacity[chemical]
        if percent >= WARNING_PCT + 5:
            self.alerted[chemical] = 100  # refilled
        for severity, limit in (("critical", CRITICAL_PCT), ("warning", WARNING_PCT)):
            if percent < limit < self.alerted[chemical] + 1:
                self.alerted[chemical] = limit - 1
                alert = {"event_id": ulid(), "chemical": chemical, "severity": severity}
                self.keep("alert", {**alert, "level_pct": percent, "ts": now()})
                return

    def step(self) -> None:
        """One turn of the device: the network, then the water."""
        if self.client.loop(timeout=min(0.05, self.second)) != mqtt.MQTT_ERR_SUCCESS:
            self.connect()
        if self.client.is_connected() and time.monotonic() >= self.next_resend:
            self.resend()
            self.commit()
        if time.monotonic() < self.next_tick:
            return
        self.next_tick += self.second
        for number, bay in self.bays.items():
            if bay["state"] == "running":
                self.wash_one_second(number)
            elif bay["state"] == "sanitizing" and time.monotonic() >= self.sanitized_at[number]:
                bay["state"] = "idle"
                self.report_bay(number)
        self.commit()

    def connect(self) -> None:
        if time.monotonic() < self.next_connect:
            time.sleep(0.01)  # the broker is away; the water goes on
            return
        self.next_connect = time.monotonic() + 2
        with suppress(OSError):
            self.client.connect(*self.address, keepalive=30)


if __name__ == "__main__":
    station = Station(
        json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), sys.argv[3], int((sys.argv[4:] or ["1883"])[0])
    )
    while True:
        station.step()
