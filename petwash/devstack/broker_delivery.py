"""How the embedded broker delivers: one line per session, in order, nothing lost below QoS 1's promise."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from amqtt.mqtt.constants import QOS_0, QOS_1
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import OUTGOING, OutgoingApplicationMessage, Session

WINDOW = 5000  # messages in flight to one client, as in deploy/mosquitto/mosquitto.conf
MAX_QUEUED = 200_000


class MendedHandler(BrokerProtocolHandler):
    """One connection. A QoS 1 message stays in flight until its PUBACK, across connections."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_ready = False
        self.when_acknowledged: Callable[[], None] = lambda: None

    async def _retry_deliveries(self) -> None:
        """Resend what was not acknowledged, in its old order, before anything new."""
        for message in list(self.session.inflight_out.values()):
            await self._send_packet(message.build_publish_packet(dup=True))
        self.is_ready = True

    async def _handle_qos1_message_flow(self, app_message: Any) -> None:
        if app_message.direction != OUTGOING:
            await super()._handle_qos1_message_flow(app_message)
            return
        self.session.inflight_out[app_message.packet_id] = app_message
        await self._send_packet(app_message.build_publish_packet())

    async def handle_puback(self, puback: Any) -> None:
        """Forget the message: the client has it."""
        self.session.inflight_out.pop(puback.variable_header.packet_id, None)
        self.when_acknowledged()

    async def stop(self) -> None:
        """Cut the connection without waiting for a peer that may have stopped reading."""
        if self.writer is not None:
            self.writer._writer.transport.abort()
        await super().stop()

    def handle_read_timeout(self) -> None:
        """End a connection that has been silent for longer than it promised."""
        self._reader_task.cancel()


class Delivery:
    """The line of messages of each session, and the task that empties it."""

    def __init__(self, handler_of: Callable[[Session], MendedHandler | None]) -> None:
        self._handler_of = handler_of
        self._lines: defaultdict[str, deque[OutgoingApplicationMessage]] = defaultdict(deque)
        self._pumps: dict[str, asyncio.Task[None]] = {}

    def hand_over(self, session: Session, topic: str, data: bytes, qos: int, *, retain: bool) -> None:
        """Put a message at the end of the session's line; without a claim to it, drop it.

        Only a persistent session with QoS 1 has a claim to what is said in its absence.
        """
        here = session.transitions.is_connected()
        if not here and (session.clean_session or qos == QOS_0):
            return
        line = self._lines[session.client_id]
        if len(line) < MAX_QUEUED:
            line.append(OutgoingApplicationMessage(None, topic, min(qos, QOS_1), data, retain))
        self.pump(session)

    def forget(self, client_id: str) -> None:
        """Drop the line of a session that is deleted."""
        self._lines.pop(client_id, None)

    def pump(self, session: Session) -> None:
        """Let the session's line move on, unless it does already."""
        if session.client_id not in self._pumps and self._lines.get(session.client_id):
            task = asyncio.get_running_loop().create_task(self._run(session))
            self._pumps[session.client_id] = task

    async def _run(self, session: Session) -> None:
        try:
            await self._empty(session)
        finally:  # at once, not in a callback: whoever joins the line now must find no pump
            del self._pumps[session.client_id]

    async def _empty(self, session: Session) -> None:
        line = self._lines[session.client_id]
        while line and len(session.inflight_out) < WINDOW:
            handler = self._handler_of(session)
            if handler is None or not handler.is_ready or not session.transitions.is_connected():
                return
            message = line.popleft()
            if message.qos == QOS_1:
                message.packet_id = session.next_packet_id
            await handler._handle_message_flow(message)
