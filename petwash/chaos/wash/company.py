"""The servers of a wash run: those of every run, and a broker that can be killed."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from petwash.chaos.company import Company, CompanyError, kill_group, persist
from petwash.chaos.wash.plan import WashPlan
from petwash.devstack.mqtt import MqttServer, mosquitto
from petwash.devstack.ports import free_port

BROKERS = ("mosquitto", "embedded")


def choose_broker(asked: str) -> str:
    """Return which broker runs; an empty choice takes Mosquitto where it is installed.

    Raises: CompanyError for an unknown name, or for Mosquitto where there is none.
    """
    if not asked:
        return BROKERS[0] if mosquitto() else BROKERS[1]
    if asked not in BROKERS:
        raise CompanyError(f"BROKER must be mosquitto or embedded, not {asked!r}.")
    if asked == "mosquitto" and not mosquitto():
        raise CompanyError("BROKER=mosquitto, but Mosquitto is not installed; give BROKER=embedded.")
    return asked


class WashCompany(Company):
    """A company with a broker; the stations are processes of its nursery."""

    package = "petwash.chaos.wash"
    servers = "PostgreSQL, Redis, the sandbox, the broker, the stations and the workers"

    def __init__(self, folder: Path, plan: WashPlan, saboteur: str, broker: str) -> None:
        super().__init__(folder, plan, saboteur)
        self._broker_group = 0
        self.broker = MqttServer(
            folder / "mqtt",
            free_port(),
            self.home.secret("MQTT_PASSWORD"),
            log=self.home.log("mqtt"),
            embedded=broker == "embedded",
        )

    def start(self, given: Mapping[str, str] = os.environ) -> None:
        """Start everything, in peace. Raises: CompanyError, ServerStartError."""
        super().start(given)
        self.start_broker()

    def more_servers(self) -> dict[str, str]:
        """Return the broker's addresses; it starts when all stations have their passwords."""
        return {
            "MQTT_URL": self.broker.url,
            "MQTT_PASSWORD_FILE": str(self.broker.password_file),
            "MQTT_PID_FILE": str(self.broker.pid_file),
        }

    def start_broker(self) -> None:
        """Start the broker; what it remembers of an earlier life is its own affair."""

        def remember(group: int) -> None:
            self._broker_group = group

        persist(lambda: self.broker.start(remember))

    def kill_broker(self) -> None:
        """End the broker and its leash with SIGKILL."""
        kill_group(self._broker_group, self.broker.is_running)

    def hold_broker(self, *, still: bool) -> None:
        """Stop the broker's process, or let it go on."""
        try:
            pid = int(self.broker.pid_file.read_text())
            os.kill(pid, signal.SIGSTOP if still else signal.SIGCONT)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return

    def stop(self) -> None:
        """End the workers and the stations, then the servers."""
        self.hold_broker(still=False)
        super().stop()
        self.broker.stop()
