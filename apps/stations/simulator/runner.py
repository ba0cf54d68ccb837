"""Several devices in one process: one loop drives all, links only enqueue."""

import queue
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

from .device import Device
from .effects import DropLink, Effect, Note, Publish, Reboot
from .faults import Faults
from .link import Broker, Link, LinkDown, LinkUp, Received, Signal
from .memory import Flash
from .station_file import StationFile
from .washing import Pace

TICK_SECONDS = 0.1


class SteadyClock:
    """Wall time that never steps: read once, then advanced by the monotonic clock."""

    def __init__(self) -> None:
        self._wall = datetime.now(UTC)
        self._start = time.monotonic()

    def now(self) -> datetime:
        """Return the present instant."""
        return self._wall + timedelta(seconds=time.monotonic() - self._start)


class Station:
    """A device with its power switch and its radio."""

    def __init__(
        self,
        station: StationFile,
        flash: Flash,
        *,
        broker: Broker,
        faults: Faults,
        pace: Pace,
        inbox: "queue.Queue[Signal]",
        say: Callable[[str], None],
    ) -> None:
        self._station, self._flash, self._broker = station, flash, broker
        self._faults, self._pace, self._inbox, self._say = faults, pace, inbox, say
        self._device: Device | None = None
        self._link: Link | None = None
        self._wake_at: datetime | None = None
        self._refusal = ""

    def owns(self, link: Link) -> bool:
        """Tell whether the link is this station's present one."""
        return link is self._link

    def switch_on(self, now: datetime) -> None:
        """Boot the device and bring its link up."""
        self._device = Device(self._station, self._flash, faults=self._faults, pace=self._pace, now=now)
        self._say(f"{self._station.station_id}: boot {self._device.memory.boot}")
        self._connect(now)

    def switch_off(self, now: datetime) -> None:
        """Stop cleanly: flash written, death certificate sent."""
        if self._device is None:
            return
        self._device.save()
        if self._link is not None:
            self._link.close(self._device.last_will(now))

    def handle(self, signal: Signal, now: datetime) -> None:
        """Take what the link enqueued."""
        if self._device is None:
            return
        match signal:
            case LinkUp(link):
                self._say(f"{self._station.station_id}: connected")
                self._refusal = ""
                link.subscribe(self._device.subscriptions())
                self._do(self._device.connected(now), now)
            case LinkDown(_, reason):
                self._do(self._device.disconnected(), now)
                self._complain(reason)
            case Received(link, topic, payload):
                self._do(self._device.received(topic, payload, now), now)
                link.done(signal)

    def tick(self, now: datetime) -> None:
        """Let time pass, and come back from a planned absence."""
        if self._wake_at is not None and now >= self._wake_at:
            self._wake_at = None
            if self._device is None:
                self.switch_on(now)
            else:
                self._connect(now)
        if self._device is not None:
            self._do(self._device.tick(now), now)

    def _connect(self, now: datetime) -> None:
        assert self._device is not None
        self._link = Link(self._station, self._broker, self._device.last_will(now), self._inbox)

    def _do(self, effects: list[Effect], now: datetime) -> None:
        for effect in effects:
            match effect:
                case Publish() if self._link is not None:
                    self._link.publish(effect)
                case Note(text):
                    self._say(text)
                case DropLink(seconds):
                    self._cut(now, seconds)
                case Reboot(seconds):
                    self._cut(now, seconds)
                    self._device = None

    def _cut(self, now: datetime, seconds: float) -> None:
        if self._link is not None:
            self._link.cut()
        self._link = None
        self._wake_at = now + timedelta(seconds=seconds)

    def _complain(self, reason: str) -> None:
        if reason != self._refusal and reason != "Normal disconnection":
            self._refusal = reason
            self._say(f"{self._station.station_id}: no link to the broker ({reason}); trying again")


def run(stations: list[Station], inbox: "queue.Queue[Signal]", stop: Event) -> None:
    """Drive the stations until `stop` is set, then switch them off."""
    clock = SteadyClock()
    for station in stations:
        station.switch_on(clock.now())
    next_tick = time.monotonic()
    while not stop.is_set():
        _take_signals(stations, inbox, clock, until=next_tick)
        for station in stations:
            station.tick(clock.now())
        next_tick = time.monotonic() + TICK_SECONDS
    for station in stations:
        station.switch_off(clock.now())


def _take_signals(stations: list[Station], inbox: "queue.Queue[Signal]", clock: SteadyClock, *, until: float) -> None:
    """Handle signals until the next tick is due; those of a link that is gone are dropped."""
    while (wait := until - time.monotonic()) > 0:
        try:
            signal = inbox.get(timeout=wait)
        except queue.Empty:
            return
        for station in stations:
            if station.owns(signal.link):
                station.handle(signal, clock.now())
