"""Rows of protected payments. Private to this app; a booking is known by its public id alone."""

from apps.escrow.models.bank_refund import BankRefund, BankRefundChange
from apps.escrow.models.claw_back import ClawBack, ClawBackPart
from apps.escrow.models.dispute import Dispute, DisputeChange
from apps.escrow.models.freeze import Freeze, FreezeChange, FreezeLimit
from apps.escrow.models.funding import Funding
from apps.escrow.models.goodwill import Goodwill
from apps.escrow.models.history import BlockerChange, DueChange, HoldTransition
from apps.escrow.models.hold import Hold
from apps.escrow.models.payee import PayeeStanding, StandingChange, StandingMark
from apps.escrow.models.policy import HoldPolicy
from apps.escrow.models.receivable import Receivable, ReceivableChange
from apps.escrow.models.refund import Refund, RefundPart
from apps.escrow.models.release import Release, ReleasePart
from apps.escrow.models.run import PayoutRun

__all__ = [
    "BankRefund",
    "BankRefundChange",
    "BlockerChange",
    "ClawBack",
    "ClawBackPart",
    "Dispute",
    "DisputeChange",
    "DueChange",
    "Freeze",
    "FreezeChange",
    "FreezeLimit",
    "Funding",
    "Goodwill",
    "Hold",
    "HoldPolicy",
    "HoldTransition",
    "PayeeStanding",
    "PayoutRun",
    "Receivable",
    "ReceivableChange",
    "Refund",
    "RefundPart",
    "Release",
    "ReleasePart",
    "StandingChange",
    "StandingMark",
]
