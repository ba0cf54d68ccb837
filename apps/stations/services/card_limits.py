"""Keeping a bay from being a machine that tests stolen cards."""

from apps.accounts.services import attempts
from apps.payments import services as payments
from apps.payments.types import PaymentView
from apps.stations import limits
from apps.stations.models import Bay, Wash


def admit(bay: Bay, *, address: str, payment_method: str) -> None:
    """Count a try to buy; call it outside of any transaction, before the bay is leased.

    The card is recognised by the gateway, whatever payment method it comes as. Should the gateway
    not answer it is let through: then it cannot be charged, hence not be tested either.

    Raises: TooManyRequests `too_many_attempts`.
    """
    refuse_bay(bay)
    attempts.refuse_while_locked(limits.UNPAID_BY_ADDRESS.key(address))
    attempts.reserve(limits.TRIES_BY_BAY.key(bay.pk))
    attempts.reserve(limits.TRIES_BY_ADDRESS.key(address))
    card = payments.card_fingerprint(payment_method)
    if card:
        attempts.refuse_while_locked(limits.UNPAID_BY_CARD.key(card))


def refuse_bay(bay: Bay) -> None:
    """Refuse while too many cards failed at the bay; asked again under the lock that leases it.

    Raises: TooManyRequests `too_many_attempts`.
    """
    attempts.refuse_while_locked(limits.UNPAID_BY_BAY.key(bay.pk))


def count_unpaid(wash: Wash, payment: PaymentView) -> None:
    """Count a payment that took no money, in the transaction that frees the bay.

    So the next try at this bay, one at a time as they are, already sees it; an answer that comes by
    webhook counts as well.
    """
    attempts.count_failure(limits.UNPAID_BY_BAY.key(wash.bay_id))
    if payment.card_fingerprint:
        attempts.count_failure(limits.UNPAID_BY_CARD.key(payment.card_fingerprint))


def count_declined(address: str) -> None:
    """Count a declined card at the address that sent it."""
    attempts.count_failure(limits.UNPAID_BY_ADDRESS.key(address))
