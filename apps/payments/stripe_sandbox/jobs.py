"""What happens by itself when the sandbox's time has come: banks decide, payouts arrive."""

from collections.abc import Callable

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.nouns import disputes, payouts, refunds

ACTIONS: dict[str, Callable[[Context, str], None]] = {
    "open_dispute": disputes.open_by_card,
    "decide_dispute": disputes.decide_by_evidence,
    "expire_dispute": disputes.expire,
    "settle_refund": refunds.settle,
    "fail_refund": refunds.fail,
    "fail_disputed_refund": refunds.fail_disputed,
    "arrive_payout": payouts.arrive,
    "automatic_payout": payouts.pay_out_automatically,
}


def catch_up(context: Context) -> None:
    """Do all that is due; a job may bring about others that are due at once."""
    while (job := context.store.take_job()) is not None:
        action, subject = job
        ACTIONS[action](context, subject)
