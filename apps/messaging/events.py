"""What messaging tells the floors above."""

from dataclasses import dataclass

from apps.common import events


@dataclass(frozen=True)
class MessageDelivered(events.Event):
    """A message may be read by its receiver."""

    message_id: str
    conversation_id: str
    sender_id: int
    receiver_id: int
