"""Ways to break the wash path on purpose, inside a wash run alone: the proof that a run can fail."""

import os
import signal
from collections.abc import Callable, Sequence
from typing import Any


def _ack_first() -> None:
    """The bridge confirms a message before it has committed it, and dies now and then in between."""
    from apps.stations.bridge import worker
    from apps.stations.gateways.mqtt import Received
    from apps.stations.protocol import topics
    from apps.stations.protocol.messages import Evack, readable_event_id

    patched: Any = worker.LaneWorker
    rightful = patched._settle

    def settle(lane: Any, batch: Sequence[Received]) -> None:
        lane._lane.ack(batch)
        for message in batch:
            event_id = readable_event_id(message.payload)
            if event_id and "/event" in message.topic:
                lane._out.publish(topics.evack(topics.parse(message.topic).station, event_id), Evack().to_json())
        if any(b'"finished"' in message.payload and message.mid % 4 == 0 for message in batch):
            for message in batch:
                lane._out.publish(message.topic + "/never", b"{}").wait_for_publish(1.0)
                break
            os.kill(os.getpid(), signal.SIGKILL)
        rightful(lane, batch)

    patched._settle = settle


def _forgetful() -> None:
    """The stations forget which starts they have taken, and no answer to a start arrives."""
    from apps.stations.protocol.messages import AckResult
    from apps.stations.simulator import commands, voice

    desk: Any = commands.CommandDesk
    rightful = desk.handle

    def handle(self: Any, *given: Any) -> None:
        memory = self._voice.memory
        memory.answers.clear()
        memory.nonces.clear()
        memory.started.clear()
        rightful(self, *given)

    desk.handle = handle
    speaker: Any = voice.Voice
    rightful_ack = speaker.ack

    def ack(self: Any, command: str, result: AckResult, reason: str | None, now: Any) -> None:
        if result is AckResult.CANCELLED:
            rightful_ack(self, command, result, reason, now)

    speaker.ack = ack


SABOTEURS: dict[str, Callable[[], None]] = {"ack-first": _ack_first, "forgetful": _forgetful}
NAMES = tuple(SABOTEURS)


def sabotage(name: str) -> None:
    """Break what the name says; an empty name breaks nothing."""
    if name:
        SABOTEURS[name]()
