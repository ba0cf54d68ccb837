"""The embedded MQTT broker: amqtt with its faults mended. For development and tests only.

As shipped, amqtt 0.12.1
- drops a QoS 1 message that a client has not acknowledged within 5 s, or when the client dies;
- hands a client every retained message when it returns, without asking the access list;
- sends messages that waited for a client with the retain flag set, and out of order;
- publishes a last will without asking the access list;
- lets somebody without a password take over a client's session, and never misses a silent client.

Here each is mended. What stays: everything is forgotten when the broker stops. So a station never
trusts a broker: it resends what the server has not confirmed. Production runs Mosquitto.
"""

import argparse
import asyncio
import hashlib
import logging
import os
import signal
from pathlib import Path
from typing import Any

from amqtt.broker import Action, Broker
from amqtt.contexts import BrokerConfig, ListenerConfig
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.disconnect import DisconnectPacket
from amqtt.session import Session
from amqtt.utils import gen_client_id

from apps.stations.gateways.password_file import PasswordFile, verify_password
from petwash.devstack.acl import READ, WRITE, AccessList
from petwash.devstack.broker_delivery import Delivery, MendedHandler

_TAKEOVER_SECONDS = 5.0
_MONITOR_SECONDS = 1.0
_PASSWORD_CHECK_SECONDS = 1.0


class MendedBroker(Broker):
    """One listener on loopback, passwords and the access list beside them from Mosquitto's files."""

    def __init__(self, port: int, passwords: Path) -> None:
        listener = ListenerConfig(bind=f"127.0.0.1:{port}")
        super().__init__(BrokerConfig(listeners={"default": listener}, plugins={}))
        self._passwords = PasswordFile(passwords)
        self._entries = self._passwords.entries()
        self._acl = AccessList.load(self._passwords.acl_path)
        self._proven: set[tuple[str, str, bytes]] = set()
        self._delivery = Delivery(self._get_handler)

    # --- who may come in -------------------------------------------------------------------

    async def _initialize_client_session(
        self, reader: Any, writer: Any, remote_address: str, remote_port: int
    ) -> tuple[MendedHandler, Session]:
        """Check the password before the client can touch a session, then find or make it."""
        try:
            handler, arriving = await MendedHandler.init_from_connect(reader, writer, self.plugins_manager)
        except (AMQTTError, NoDataError) as error:
            await writer.close()
            raise MQTTError(str(error)) from error
        arriving.client_id = arriving.client_id or gen_client_id()
        if not (await self._has_password(arriving) and self._owns_session(arriving)):
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await writer.close()
            raise MQTTError(f"{remote_address}:{remote_port} is not authorised")
        arriving.keep_alive = int(arriving.keep_alive * 1.5)  # MQTT 3.1.1, section 3.1.2.10
        await self._end_earlier_connection(arriving.client_id)
        return handler, await self._session_for(arriving)

    async def _has_password(self, session: Session) -> bool:
        user, password = session.username or "", session.password or ""
        entry = self._entries.get(user)
        if entry is None:
            return False
        proof = (user, entry, hashlib.sha256(password.encode()).digest())
        if proof not in self._proven:
            if not await asyncio.to_thread(verify_password, password, entry):
                return False
            self._proven.add(proof)  # the slow hash once, not at each reconnect
        return True

    def _owns_session(self, arriving: Session) -> bool:
        known, _ = self._sessions.get(arriving.client_id, (arriving, None))
        return bool(known.username == arriving.username)

    async def _end_earlier_connection(self, client_id: str) -> None:
        """End a connection that uses the same client id, its last will included."""
        session, handler = self._sessions.get(client_id, (None, None))
        if session is None or not session.transitions.is_connected():
            return
        await handler.handle_connection_closed()
        async with asyncio.timeout(_TAKEOVER_SECONDS):
            while session.transitions.is_connected():
                await asyncio.sleep(0.01)

    async def _session_for(self, arriving: Session) -> Session:
        known, _ = self._sessions.get(arriving.client_id, (None, None))
        if known is None or known.clean_session or arriving.clean_session:
            await self._delete_session(arriving.client_id)
            arriving.parent = 0
            return arriving
        for name in ("will_flag", "will_message", "will_topic", "will_qos", "will_retain"):
            setattr(known, name, getattr(arriving, name))
        known.keep_alive = arriving.keep_alive
        known.parent = 1
        return known

    async def _handle_client_session(
        self,
        reader: Any,
        writer: Any,
        client_session: Session,
        handler: MendedHandler,
        server: Any,
        listener_name: str,
    ) -> None:
        """Serve the client until it leaves: first what it had not acknowledged, then the rest."""
        client_session.transitions.connect()
        handler.attach(client_session, reader, writer)
        handler.when_acknowledged = lambda: self._delivery.pump(client_session)
        self._sessions[client_session.client_id] = (client_session, handler)
        await handler.mqtt_connack_authorize(authorize=True)
        await handler.start()
        self._delivery.pump(client_session)
        try:
            await self._client_message_loop(client_session, handler)
        finally:  # amqtt leaves the loop without a goodbye after a forbidden topic
            await self._stop_handler(handler)
            client_session.transitions.disconnect()

    async def _session_monitor(self) -> None:
        """Forget sessions that were to end with their connection."""
        while True:
            await asyncio.sleep(_MONITOR_SECONDS)
            for client_id, (session, _) in list(self._sessions.items()):
                if session.clean_session and session.transitions.is_disconnected():
                    await self._delete_session(client_id)

    async def _delete_session(self, client_id: str) -> None:
        self._delivery.forget(client_id)
        await super()._delete_session(client_id)

    # --- what may be said and heard --------------------------------------------------------

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        """Ask the access list; like Mosquitto, a subscription passes and its messages are held."""
        if action == Action.SUBSCRIBE:
            return True
        access = WRITE if action == Action.PUBLISH else READ
        return self._acl.allows(session.username or "", topic, access)

    async def _handle_disconnect(
        self,
        client_session: Session,
        handler: MendedHandler,
        disconnect_waiter: "asyncio.Future[Any]",
    ) -> None:
        """Publish the last will of a client that vanished, if the access list allows its topic."""
        vanished = not isinstance(disconnect_waiter.result(), DisconnectPacket)
        await self._stop_handler(handler)
        if client_session.will_flag and vanished:
            topic, text = client_session.will_topic, client_session.will_message
            if await self._topic_filtering(client_session, topic, Action.PUBLISH):
                await self._broadcast_message(client_session, topic, text, client_session.will_qos)
                if client_session.will_retain:
                    await self.retain_message(client_session, topic, text, client_session.will_qos)
        client_session.transitions.disconnect()

    async def _run_broadcast(self, running_tasks: Any) -> None:
        """Hand one message to the line of every session that may read it."""
        broadcast = await self._broadcast_queue.get()
        topic = broadcast["topic"]
        for topic_filter, subscriptions in self._subscriptions.items():
            if not self._matches(topic, topic_filter):
                continue
            for session, granted in subscriptions:
                if await self._topic_filtering(session, topic, Action.RECEIVE):
                    qos = min(broadcast.get("qos", granted), granted)
                    self._delivery.hand_over(session, topic, broadcast["data"], qos, retain=False)

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Send what is retained under a new subscription and what the session may read."""
        topic_filter, granted = subscription
        for topic, kept in list(self._retained_messages.items()):
            if self._matches(topic, topic_filter) and await self._topic_filtering(session, topic, Action.RECEIVE):
                qos = min(kept.qos if kept.qos is not None else granted, granted)
                self._delivery.hand_over(session, topic, kept.data, qos, retain=True)

    # --- revocation ------------------------------------------------------------------------

    async def watch_passwords(self) -> None:
        """Read both files again and again; end the sessions of revoked users."""
        while True:
            await asyncio.sleep(_PASSWORD_CHECK_SECONDS)
            await self.reload_passwords()

    async def reload_passwords(self) -> None:
        """Read both files; whoever is gone or has another password is cut off."""
        before, self._entries = self._entries, self._passwords.entries()
        self._acl = AccessList.load(self._passwords.acl_path)
        for session, handler in list(self._sessions.values()):
            user = session.username or ""
            revoked = self._entries.get(user) != before.get(user) or user not in self._entries
            if revoked and session.transitions.is_connected():
                await handler.handle_connection_closed()


async def serve(port: int, passwords: Path, pid_file: Path) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP reads both files at once."""
    logging.basicConfig(level=logging.ERROR)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    broker = MendedBroker(port, passwords)
    await broker.start()
    reloads: set[asyncio.Task[None]] = set()

    def reload() -> None:
        task = loop.create_task(broker.reload_passwords())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)
    pid_file.write_text(str(os.getpid()))
    watcher = loop.create_task(broker.watch_passwords())
    await stop.wait()
    watcher.cancel()
    await broker.shutdown()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    for name in ("--passwords", "--pid-file"):
        parser.add_argument(name, type=Path, required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.passwords, given.pid_file))


if __name__ == "__main__":
    main()
