"""`manage.py mqtt_bridge`: carries messages between the stations and the database."""

import signal
from argparse import ArgumentParser, ArgumentTypeError
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.common.interpreter import take_short_turns
from apps.stations.bridge.bridge import Bridge
from apps.stations.shards import Shard


class Command(BaseCommand):
    """Runs the bridge, or one shard of it, until SIGTERM or SIGINT."""

    help = "Run the bridge between the MQTT broker and the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the shard."""
        parser.add_argument(
            "--shard",
            type=_shard,
            default=Shard(),
            metavar="I/N",
            help="carry part I (from 0) of N; a second process of the same part waits to take over (default 0/1)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; a process whose part has an owner waits until that one is gone."""
        take_short_turns()
        bridge = Bridge(settings.MQTT, options["shard"])

        def stop(number: int, frame: FrameType | None) -> None:
            bridge.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        bridge.run()


def _shard(text: str) -> Shard:
    try:
        return Shard.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
