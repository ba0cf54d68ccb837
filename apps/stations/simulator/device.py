"""One station as a pure machine: messages, link and time go in, effects come out."""

from datetime import datetime

from apps.stations.protocol import presence, topics
from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.messages import HostState, parse_message
from apps.stations.protocol.topics import Kind, Topic

from .commands import CommandDesk
from .effects import Effect, Publish
from .faults import Faults
from .memory import Flash, power_on
from .station_file import StationFile
from .voice import Voice
from .washing import Pace, Washing

RESEND_EVERY = 30.0
HEARTBEAT_EVERY = 30.0


class Device:
    """A station from power-on to power-off; to reboot, make a new one on the same flash.

    Each method takes the present instant and returns what is to be done, in order.
    """

    def __init__(self, station: StationFile, flash: Flash, *, faults: Faults, pace: Pace, now: datetime) -> None:
        self.station = station
        self.memory = power_on(flash, station)
        self._voice = Voice(station.station_id, self.memory, flash, faults)
        self._washing = Washing(self._voice, station.programs, faults, pace)
        self._desk = CommandDesk(station, self._voice, self._washing, clock_synchronised=not faults.no_clock)
        self._now = now
        self._host_online = False
        self._since_resend = 0.0
        self._since_heartbeat = 0.0
        self._shown: dict[int, str] = {}

    def subscriptions(self) -> list[str]:
        """Return the topics that a station listens to."""
        branch = topics.root(self.station.station_id)
        return [f"{branch}/cmd/+", f"{branch}/evack/+", topics.HOST_STATE]

    def last_will(self, now: datetime) -> Publish:
        """Return the death certificate that the broker keeps for this boot."""
        return self._voice.conn(now, online=False)

    def connected(self, now: datetime) -> list[Effect]:
        """The link is up: introduce the station."""
        self._voice.connected = True
        self._voice.introduce(now)
        return self._voice.take_effects()

    def disconnected(self) -> list[Effect]:
        """The link is down: from now on only flash hears what happens."""
        self._voice.connected = False
        return self._voice.take_effects()

    def received(self, topic_name: str, payload: bytes, now: datetime) -> list[Effect]:
        """A message arrived; what does not belong to this station is ignored."""
        self._pass_time(now)
        try:
            self._dispatch(topics.parse(topic_name), payload, now)
        except ProtocolError as refused:
            self._voice.note(f"message refused: {refused.reason}")
        return self._voice.take_effects()

    def tick(self, now: datetime) -> list[Effect]:
        """Time passed."""
        self._pass_time(now)
        return self._voice.take_effects()

    def report(self, now: datetime) -> list[Effect]:
        """Send every state and level again, as a heartbeat does."""
        self._voice.report_all(now)
        return self._voice.take_effects()

    def presence_code(self, bay: int, now: datetime) -> str:
        """Return the four digits that the bay's display shows at that instant.

        Raises: KeyError when the station was provisioned without codes.
        """
        display = self.station.displays[bay]
        return presence.code_at(display.key, display.bay_id, now)

    def save(self) -> None:
        """Write the flash before a planned end."""
        self._voice.save()

    def _dispatch(self, topic: Topic, payload: bytes, now: datetime) -> None:
        if topic.kind is Kind.HOST_STATE:
            state = parse_message(topic, payload)
            came_back = isinstance(state, HostState) and state.online and not self._host_online
            self._host_online = isinstance(state, HostState) and state.online
            if came_back:
                self._voice.resend_events()
        elif topic.station != self.station.station_id:
            return
        elif topic.kind is Kind.EVACK:
            self._voice.evacked(topic.key)
        elif topic.kind is Kind.COMMAND:
            self._desk.handle(topic, payload, now)

    def _pass_time(self, now: datetime) -> None:
        elapsed = max(0.0, (now - self._now).total_seconds())
        self._now = now
        self._washing.advance(elapsed, now)
        self._show_codes(now)
        self._since_resend += elapsed
        self._since_heartbeat += elapsed
        if self._since_resend >= RESEND_EVERY:
            self._since_resend = 0.0
            self._voice.resend_events()
        if self._since_heartbeat >= HEARTBEAT_EVERY:
            self._since_heartbeat = 0.0
            self._voice.report_all(now)

    def _show_codes(self, now: datetime) -> None:
        for bay, display in self.station.displays.items():
            code = self.presence_code(bay, now) if display.lit else ""
            if code != self._shown.get(bay, ""):
                self._shown[bay] = code
                self._voice.note(f"bay {bay} shows {code}")
