"""Events of the payments app."""

from dataclasses import dataclass

from apps.common import events


@dataclass(frozen=True)
class WebhookReceived(events.Event):
    """The gateway's event lies in the inbox."""

    webhook_id: int
