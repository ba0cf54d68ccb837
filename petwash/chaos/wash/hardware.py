"""The stations of a run: the simulator's devices in the hands of the seed, and the diary of their valves.

A fleet is one process. `kill -9` of it is a loss of power of all its stations: what they know
afterwards stands in their flash. The diary is the machine room's own witness: which valve was turned for which wash.
"""

import json
import os
import queue
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apps.stations.protocol import topics
from apps.stations.protocol.messages import AckResult, BayStatus
from apps.stations.protocol.ulid import make_ulid
from apps.stations.simulator.effects import Effect, Publish, Valve
from apps.stations.simulator.faults import Faults
from apps.stations.simulator.link import Broker, Received, Signal
from apps.stations.simulator.memory import FileFlash
from apps.stations.simulator.runner import Station, run
from apps.stations.simulator.station_file import StationFile, read_station_file
from apps.stations.simulator.washing import Pace
from petwash.chaos.diary import Diary
from petwash.chaos.wash import pace
from petwash.chaos.wash.files import flash_file, station_file
from petwash.chaos.wash.mishaps import Mishap
from petwash.chaos.wash.plan import STATIONS_A_PROCESS, WashPlan

NEVER = 1e9
_REPORTS_A_TICK = 8
_MID_WASH = {"power_loss", "blink", "storm", "offline_mid_wash", "new_board"}


@dataclass(frozen=True)
class Ill:
    """A start and what befalls it."""

    command: str
    wash: str
    bay: int
    mishap: Mishap


class WildStation(Station):
    """A station whose radio, power and valves suffer what the plan has for its starts."""

    def __init__(
        self,
        number: int,
        file: StationFile,
        flash: Path,
        *,
        plan: WashPlan,
        diary: Diary,
        broker: Broker,
        inbox: "queue.Queue[Signal]",
    ) -> None:
        super().__init__(
            file, FileFlash(flash), broker=broker, faults=Faults(), pace=machine_pace(), inbox=inbox, say=print
        )
        self._number, self._id, self._flash_path, self._diary = number, file.station_id, flash, diary
        self._plan = plan
        self._ills: dict[str, Ill | None] = {}
        self._spent: set[str] = set()
        self._starts: Counter[int] = Counter()
        self._twice: set[str] = set()
        self._storm_until = self._dark_until = datetime.min.replace(tzinfo=UTC)
        self._remember()

    def switch_on(self, now: datetime) -> None:
        """Boot, unless the board is still on the bench."""
        if now < self._dark_until:
            self._wake_at = self._dark_until
            return
        super().switch_on(now)

    def handle(self, signal: Signal, now: datetime) -> None:
        """Take what the link enqueued, except for what the seed keeps from the device."""
        ill = self._ill_of(signal) if isinstance(signal, Received) and self._device is not None else None
        if ill is not None and isinstance(signal, Received) and self._strikes(ill, "lose_command"):
            signal.link.done(signal)
            return
        if ill is not None and self._strikes(ill, "deaf"):
            self._go_offline(now, ill.mishap.seconds)  # without an acknowledgement: the broker keeps the start
            return
        super().handle(signal, now)

    def tick(self, now: datetime) -> None:
        """Let time pass, and let what is due in mid-wash happen."""
        super().tick(now)
        if self._device is None:
            return
        if now < self._storm_until and self._link is not None:
            for _ in range(_REPORTS_A_TICK):
                self._do(self._device.report(now), now)
        for ill in self._due():
            self._suffer(ill, now)

    def _do(self, effects: list[Effect], now: datetime) -> None:
        for effect in effects:
            if isinstance(effect, Valve):
                self._diary.note("valve", station=self._id, **vars(effect))
                self._at_valve(effect)
            elif isinstance(effect, Publish) and "/ack/" in effect.topic:
                self._answer(effect, now)
            else:
                self._send(effect, now)

    def _send(self, effect: Effect, now: datetime) -> None:
        for _ in range(2 if self._twice and isinstance(effect, Publish) else 1):
            super()._do([effect], now)

    def _answer(self, effect: Publish, now: datetime) -> None:
        """Send an answer, unless the seed has something else for this start."""
        body = json.loads(effect.payload)
        ill = self._ills.get(body["id"])
        if ill is None or body["result"] != AckResult.ACCEPTED:
            self._send(effect, now)
        elif self._strikes(ill, "offline_at_start"):
            self._go_offline(now, ill.mishap.seconds)
        elif not self._strikes(ill, "drop_ack"):
            self._jam(ill)
            self._send(effect, now)

    def _jam(self, ill: Ill) -> None:
        assert self._device is not None, "it has just answered"
        if self._strikes(ill, "never_start"):
            self._device.memory.bays[ill.bay].wait = NEVER
        elif self._strikes(ill, "late_start"):
            self._device.memory.bays[ill.bay].wait = ill.mishap.seconds
        elif self._strikes(ill, "duplicate"):
            self._twice.add(ill.wash)

    def _at_valve(self, valve: Valve) -> None:
        if valve.turned == "closed":
            self._twice.discard(valve.wash)
            return
        ill = next((ill for ill in self._ills.values() if ill and ill.wash == valve.wash), None)
        if ill is not None and self._strikes(ill, "poison"):
            self._send_poison(ill.bay)

    def _send_poison(self, bay: int) -> None:
        broken = json.dumps({"event_id": make_ulid(), "type": "exploded", "seq": -1}).encode()
        for topic, payload in (
            (topics.bay_state(self._id, bay), b'{"state":"melting"'),
            (topics.alert(self._id), b"\xff\xfe"),
            (topics.bay_event(self._id, bay), broken),
        ):
            super()._do([Publish(topic, payload)], datetime.now(UTC))

    def _due(self) -> list[Ill]:
        """Return the mishaps whose moment in a running wash has come."""
        bays = self._device.memory.bays.values() if self._device is not None else []
        running = {
            bay.wash: bay.used_seconds / bay.total_seconds
            for bay in bays
            if bay.status == BayStatus.RUNNING and bay.total_seconds
        }
        return [
            ill
            for ill in self._ills.values()
            if ill is not None
            and ill.mishap.kind in _MID_WASH
            and ill.command not in self._spent
            and running.get(ill.wash, -1.0) >= ill.mishap.at
        ]

    def _suffer(self, ill: Ill, now: datetime) -> None:
        if self._device is None:
            return  # what befell the other bay befell the station: later, then
        seconds = ill.mishap.seconds
        if self._strikes(ill, "power_loss"):
            self._lose_power(now, seconds)
        elif self._strikes(ill, "blink") or self._strikes(ill, "offline_mid_wash"):
            self._go_offline(now, seconds)
        elif self._strikes(ill, "storm"):
            self._storm_until = now + timedelta(seconds=seconds)
        elif ill.mishap.kind == "new_board":
            self._replace_board(ill, now)

    def _replace_board(self, ill: Ill, now: datetime) -> None:
        """Take the board out with all that it knows; the new one has an empty memory."""
        assert self._device is not None, "it ran until now"
        memory = self._device.memory
        known = {bay.wash for bay in memory.bays.values() if bay.wash}
        known |= {json.loads(body).get("wash") for _, body in memory.events.values()}
        until = now + timedelta(seconds=ill.mishap.seconds)
        self._spent.add(ill.command)
        self._diary.note(
            "new_board",
            station=self._id,
            command=ill.command,
            washes=sorted(wash for wash in known if wash),
            until=until.timestamp(),
        )
        self._lose_power(now, ill.mishap.seconds)
        self._flash_path.unlink(missing_ok=True)
        self._dark_until = until

    def _lose_power(self, now: datetime, seconds: float) -> None:
        self._cut(now, seconds)
        self._device = None

    def _go_offline(self, now: datetime, seconds: float) -> None:
        assert self._device is not None, "only a living device has a link to lose"
        self._cut(now, seconds)
        self._device.disconnected()

    def _strikes(self, ill: Ill, kind: str) -> bool:
        """Tell whether this mishap is the start's own and happens now: each happens once."""
        if ill.mishap.kind != kind or ill.command in self._spent:
            return False
        self._spent.add(ill.command)
        self._diary.note(kind, station=self._id, command=ill.command)
        return True

    def _ill_of(self, signal: Received) -> Ill | None:
        """Return what befalls the start that has arrived; the n-th start of a bay has the n-th mishap."""
        if "/cmd/" not in signal.topic:
            return None
        body = json.loads(signal.payload.partition(b"\n")[0])
        if body.get("type") != "start":
            return None
        command, bay = str(body["id"]), int(body["bay"])
        if command not in self._ills:
            self._ills[command] = self._drawn(command, str(body["wash"]), bay)
            self._diary.note("start", station=self._id, bay=bay, command=command, wash=body["wash"])
        return self._ills[command]

    def _drawn(self, command: str, wash: str, bay: int) -> Ill | None:
        row, count = self._plan.mishaps[self._number, bay], self._starts[bay]
        self._starts[bay] += 1
        mishap = row[count] if count < len(row) else None
        return Ill(command, wash, bay, mishap) if mishap else None

    def _remember(self) -> None:
        """Go on where an earlier process of the run was."""
        for line in self._diary.all():
            if line.get("station") != self._id:
                continue
            if line["what"] == "start":
                self._ills[line["command"]] = self._drawn(line["command"], line["wash"], line["bay"])
            elif "command" in line:
                self._spent.add(line["command"])
                if line["what"] == "new_board":
                    self._dark_until = datetime.fromtimestamp(line["until"], UTC)


def machine_pace() -> Pace:
    """Return how the machinery behaves in time."""
    return Pace(
        speed=pace.WATER_SPEED,
        start_delay=pace.START_DELAY_SECONDS,
        sanitize=pace.SANITIZE_WASH_SECONDS,
        resume_after=pace.RESUME_AFTER_SECONDS,
        refill_after=pace.REFILL_AFTER_SECONDS,
    )


def hardware_diary(folder: Path) -> Diary:
    """Open the machine room's diary."""
    return Diary(folder / "hardware")


def run_fleet(plan: WashPlan, fleet: str, address: Any) -> None:
    """Run the stations of one process until it is killed."""
    folder = Path(os.environ["PETWASH_HOME"])
    first = plan.fleets.index(fleet) * STATIONS_A_PROCESS
    inbox: queue.Queue[Signal] = queue.Queue()
    diary = hardware_diary(folder)
    stations: list[Station] = [
        WildStation(
            number,
            read_station_file(station_file(folder, number)),
            flash_file(folder, number),
            plan=plan,
            diary=diary,
            broker=Broker(address.host, address.port),
            inbox=inbox,
        )
        for number in range(first, min(first + STATIONS_A_PROCESS, plan.stations))
    ]
    run(stations, inbox, threading.Event())
