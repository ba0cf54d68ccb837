"""What others may do with protected payments.

`StayPetEscrow` holds the use cases that own their transactions and call the gateway; the functions
are steps of a use case of the app above and ask for its open transaction.
"""

from apps.escrow.amounts import Parts
from apps.escrow.services import (
    arrivals,
    bank_refunds,
    blockers,
    claw_backs,
    deposits,
    goodwill,
    receivables,
    refunds,
    releases,
)
from apps.escrow.services.blockers import freeze_in_use_case
from apps.escrow.services.claw_backs import continue_claw_backs
from apps.escrow.services.deposits import cancel_attempts
from apps.escrow.services.freezes import end_overdue
from apps.escrow.services.holds import lock, lock_only, open_hold, start_release_clock, try_lock, void_unpaid
from apps.escrow.services.refunds import execute_refund, prepare_full_refund, prepare_refund
from apps.escrow.services.runs import forget_idle_runs, release_due_payouts


class StayPetEscrow:
    """A stay's money, held until 24 hours after the stay: never charged twice, never paid twice."""

    deposit_funds = staticmethod(deposits.deposit_funds)
    add_funding = staticmethod(deposits.add_funding)
    release_payout = staticmethod(releases.release_payout)
    refund = staticmethod(refunds.refund)
    refund_again = staticmethod(refunds.refund_again)
    propose_bank_refund = staticmethod(bank_refunds.propose)
    send_bank_refund = staticmethod(bank_refunds.send)
    reject_bank_refund = staticmethod(bank_refunds.reject)
    bank_refund_returned = staticmethod(bank_refunds.record_returned)
    surplus_again = staticmethod(arrivals.surplus_again)
    claw_back = staticmethod(claw_backs.claw_back)
    recover = staticmethod(claw_backs.recover)
    write_off = staticmethod(receivables.write_off)
    goodwill = staticmethod(goodwill.goodwill)
    freeze = staticmethod(blockers.freeze)
    lift = staticmethod(blockers.lift)


__all__ = [
    "Parts",
    "StayPetEscrow",
    "cancel_attempts",
    "continue_claw_backs",
    "end_overdue",
    "execute_refund",
    "forget_idle_runs",
    "freeze_in_use_case",
    "lock",
    "lock_only",
    "open_hold",
    "prepare_full_refund",
    "prepare_refund",
    "release_due_payouts",
    "start_release_clock",
    "try_lock",
    "void_unpaid",
]
