"""What other apps may ask of payments. Prepare inside a transaction, execute outside of any."""

from apps.payments.services.balances import balance
from apps.payments.services.charging import cancel_payment, card_fingerprint, execute_payment, prepare_payment
from apps.payments.services.checking import as_last_checked, check_gateway
from apps.payments.services.inbox import process, process_due, receive, retry
from apps.payments.services.payees import onboarding_link, open_payee_account
from apps.payments.services.refunding import execute_refund, prepare_refund
from apps.payments.services.resuming import resume_stale
from apps.payments.services.reversing import execute_reversal, prepare_reversal
from apps.payments.services.sending import execute_transfers
from apps.payments.services.sweeping import sweep_events
from apps.payments.services.transferring import execute_transfer, prepare_transfer, prepare_transfers

__all__ = [
    "as_last_checked",
    "balance",
    "cancel_payment",
    "card_fingerprint",
    "check_gateway",
    "execute_payment",
    "execute_refund",
    "execute_reversal",
    "execute_transfer",
    "execute_transfers",
    "onboarding_link",
    "open_payee_account",
    "prepare_payment",
    "prepare_refund",
    "prepare_reversal",
    "prepare_transfer",
    "prepare_transfers",
    "process",
    "process_due",
    "receive",
    "resume_stale",
    "retry",
    "sweep_events",
]
