"""What the fraud app tells the floors above."""

from dataclasses import dataclass

from apps.common import events


@dataclass(frozen=True)
class MessageFlagged(events.Event):
    """A message was flagged and the log row written; `urgent` wants a person now."""

    log_id: str
    message_id: str
    conversation_id: str
    sender_id: int
    category: str
    action: str
    urgent: bool
