"""How a device judges a command, in the order that the protocol lays down."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from apps.stations.protocol import signing
from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.messages import (
    AckResult,
    BayEvent,
    BayStatus,
    Command,
    CommandType,
    EventType,
    parse_message,
)
from apps.stations.protocol.topics import Topic

from .memory import BayMemory
from .station_file import StationFile
from .voice import Voice
from .washing import Washing

Answer = tuple[AckResult, str | None]
ACCEPTED: Answer = (AckResult.ACCEPTED, None)
_REFUSED_START = {
    BayStatus.SANITIZING.value: "not_sanitized",
    BayStatus.FAULT.value: "bay_fault",
}


class CommandDesk:
    """Takes signed commands, answers each once, and remembers what it answered."""

    def __init__(self, station: StationFile, voice: Voice, washing: Washing, *, clock_synchronised: bool) -> None:
        self._key: Ed25519PublicKey = signing.public_key(station.server_public_key)
        self._programs = station.programs
        self._voice = voice
        self._washing = washing
        self._clock_synchronised = clock_synchronised

    def handle(self, topic: Topic, wire: bytes, now: datetime) -> None:
        """Verify, judge, store the answer, act, then answer; a forgery gets no answer."""
        try:
            command = parse_message(topic, signing.verify(str(topic), wire, self._key))
        except ProtocolError as refused:
            self._voice.note(f"command refused: {refused.reason}")
            return
        assert isinstance(command, Command)
        known = self._voice.memory.answers.get(command.id)
        if known is not None:
            self._repeat(command, known, now)
            return
        result, reason = self._judge(command, now)
        self._voice.memory.answers[command.id] = [result.value, reason or ""]
        self._voice.memory.nonces.append(command.nonce)
        self._voice.save()
        if result is AckResult.ACCEPTED:
            self._voice.note(f"{command.type} accepted")
        self._voice.ack(command.id, result, reason, now)
        self._after(command, result, now)

    def _repeat(self, command: Command, known: list[str], now: datetime) -> None:
        """A repeat acts on nothing; an answer other than `accepted` is given again."""
        result, reason = AckResult(known[0]), known[1] or None
        if result is AckResult.ACCEPTED:
            result = AckResult.DUPLICATE
        self._voice.ack(command.id, result, reason, now)

    def _judge(self, command: Command, now: datetime) -> Answer:
        if not self._clock_synchronised:
            return AckResult.REJECTED, "clock_not_synchronised"
        if command.expires_at <= now:
            return AckResult.EXPIRED, None
        if command.nonce in self._voice.memory.nonces:
            return AckResult.REJECTED, "nonce_reused"
        if command.type is CommandType.REBIRTH:
            return ACCEPTED
        bay = self._voice.memory.bays.get(command.bay or 0)
        if bay is None:
            return AckResult.REJECTED, "unknown_bay"
        return self._judge_for(bay, command)

    def _judge_for(self, bay: BayMemory, command: Command) -> Answer:
        match command.type:
            case CommandType.START:
                return self._start(bay, command)
            case CommandType.TOP_UP:
                return self._top_up(bay, command)
            case CommandType.CANCEL:
                return self._cancel(bay, command)
            case CommandType.STOP | CommandType.RESUME if bay.wash != command.wash:
                return AckResult.REJECTED, "wash_unknown"
            case CommandType.RESUME if bay.status != BayStatus.PAUSED:
                return AckResult.REJECTED, "not_paused"
            case _:
                return ACCEPTED

    def _start(self, bay: BayMemory, command: Command) -> Answer:
        refusal = self._start_refusal(bay, command)
        if refusal:
            return AckResult.REJECTED, refusal
        assert command.wash is not None
        assert command.program is not None
        assert command.total_seconds is not None
        self._washing.begin(bay, command.wash, command.program, command.total_seconds)
        return ACCEPTED

    def _start_refusal(self, bay: BayMemory, command: Command) -> str | None:
        if command.wash in self._voice.memory.tombstones:
            return "cancelled_before"
        if bay.status != BayStatus.IDLE:
            return _REFUSED_START.get(bay.status, "bay_busy")
        if self._has_started(bay, command):
            return "already_started"
        if command.program not in self._programs:
            return "unknown_program"
        return "tank_too_low" if self._washing.lacks(str(command.program)) else None

    def _top_up(self, bay: BayMemory, command: Command) -> Answer:
        if bay.wash != command.wash:
            return AckResult.REJECTED, "wash_unknown"
        if (command.total_seconds or 0) < bay.total_seconds:
            return AckResult.REJECTED, "lower_total"
        bay.total_seconds = int(command.total_seconds or 0)  # in flash together with the answer
        return ACCEPTED

    def _cancel(self, bay: BayMemory, command: Command) -> Answer:
        if self._has_started(bay, command):
            return AckResult.REJECTED, "already_started"
        self._voice.memory.tombstones.append(str(command.wash))
        return AckResult.CANCELLED, None

    def _after(self, command: Command, result: AckResult, now: datetime) -> None:
        bay = self._voice.memory.bays.get(command.bay or 0)
        if command.type is CommandType.CANCEL and bay is not None:
            self._after_cancel(bay, command, result, now)
        elif result is not AckResult.ACCEPTED:
            return
        elif command.type is CommandType.REBIRTH:
            self._voice.birth(now)
        elif bay is not None:
            self._act(bay, command, now)

    def _act(self, bay: BayMemory, command: Command, now: datetime) -> None:
        if command.type is CommandType.START:
            self._voice.bay_state(bay, now)
            self._washing.accepted()
        elif command.type is CommandType.STOP:
            self._washing.end(bay, EventType.STOPPED, now)
        elif command.type is CommandType.RESUME:
            self._washing.resume(bay, now)
        elif command.type is CommandType.TOP_UP:
            self._voice.event(bay, EventType.TOPPED_UP, now)
            self._voice.bay_state(bay, now)
        else:
            self._voice.note(f"bay {bay.number} blinks")

    def _after_cancel(self, bay: BayMemory, command: Command, result: AckResult, now: datetime) -> None:
        if result is AckResult.REJECTED and self._has_started(bay, command):
            topic, body = self._voice.memory.started[f"{bay.number}:{command.wash}"]
            self._voice.keep(BayEvent.parse(body.encode()).event_id, topic, body.encode())
        elif result is AckResult.CANCELLED and bay.wash == command.wash:
            self._washing.end(bay, EventType.CANCELLED, now)
        elif result is AckResult.CANCELLED:
            self._voice.event(bay, EventType.CANCELLED, now, wash=str(command.wash))

    def _has_started(self, bay: BayMemory, command: Command) -> bool:
        """Tell whether water has run for this wash on this bay."""
        return f"{bay.number}:{command.wash}" in self._voice.memory.started
