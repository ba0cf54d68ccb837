"""`manage.py mqtt_bridge`: carries messages between the stations and the database."""

import signal
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.stations.bridge.bridge import Bridge


class Command(BaseCommand):
    """Runs the bridge until SIGTERM or SIGINT."""

    help = "Run the bridge between the MQTT broker and the database."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; exactly one bridge may run per broker, since its client ids are fixed."""
        bridge = Bridge(settings.MQTT)

        def stop(number: int, frame: FrameType | None) -> None:
            bridge.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        bridge.run()
