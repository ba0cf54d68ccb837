"""What the sitters app tells the floors above. Ids and plain values only."""

from dataclasses import dataclass

from apps.common import events


@dataclass(frozen=True)
class VettingNoticeReceived(events.Event):
    """An authenticated webhook is in the inbox and waits to be applied."""

    notice_id: int


@dataclass(frozen=True)
class VettingReviewNeeded(events.Event):
    """A case needs a person's decision."""

    case_id: str
    sitter_id: str


@dataclass(frozen=True)
class SitterTrustChanged(events.Event):
    """A sitter's vetting status moved, or a clearance was renewed."""

    sitter_id: str
    user_id: int
    from_status: str
    to_status: str
