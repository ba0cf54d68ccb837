"""Rows of protected payments. Private to this app; a booking is known by its public id alone."""

from apps.escrow.models.funding import Funding
from apps.escrow.models.history import BlockerChange, DueChange, HoldTransition
from apps.escrow.models.hold import Hold
from apps.escrow.models.refund import Refund, RefundPart
from apps.escrow.models.release import Release, ReleasePart

__all__ = [
    "BlockerChange",
    "DueChange",
    "Funding",
    "Hold",
    "HoldTransition",
    "Refund",
    "RefundPart",
    "Release",
    "ReleasePart",
]
