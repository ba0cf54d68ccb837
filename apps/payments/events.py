"""Events of the payments app."""

from dataclasses import dataclass

from apps.common import events


@dataclass(frozen=True)
class WebhookReceived(events.Event):
    """The gateway's event lies in the inbox."""

    webhook_id: int


@dataclass(frozen=True)
class PayeeChanged(events.Event):
    """The gateway began or ceased to pay a payee; ask the selectors how it stands now."""

    payee_id: str
    user_id: int
    payouts_enabled: bool
