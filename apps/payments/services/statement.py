"""What the gateway says about our own account: its entries, its balance, and whose an object is.

Outside calls: never in a transaction, never while holding a connection.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import TypeVar

from apps.common.db import outside_call
from apps.common.errors import Unavailable
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import BalanceEntry, BalanceFacts, GatewayError, GatewayRefused

Answer = TypeVar("Answer")
PAGE = 100  # the gateway's largest


def entries(since: datetime, until: datetime) -> Iterator[list[BalanceEntry]]:
    """Yield our account's lines created from `since` to before `until`, newest first, one page in memory at a time.

    Raises: Unavailable `gateway_unavailable`.
    """
    found = iter(gateway().balance_entries(since, until))
    while page := _asked(lambda: list(islice(found, PAGE))):
        yield page


def balance() -> BalanceFacts:
    """Return what we hold at the gateway. Raises: Unavailable `gateway_unavailable`."""
    return _asked(gateway().balance)


def origin_of(kind: str, provider_id: str) -> str:
    """Return our id that the gateway's charge, refund or transfer carries; empty when it carries none.

    Raises: Unavailable `gateway_unavailable`.
    """
    try:
        if kind == "charge":
            intent = _asked(lambda: gateway().intent_of_charge(provider_id))
            return intent.payment_id if intent else ""
        look = gateway().retrieve_transfer if kind == "transfer" else gateway().retrieve_refund
        found = _asked(lambda: look(provider_id))
    except GatewayRefused:
        return ""
    return found.our_id if found else ""


def _asked(ask: Callable[[], Answer]) -> Answer:
    try:
        with outside_call():
            return ask()
    except GatewayRefused:
        raise
    except GatewayError as error:
        raise Unavailable("gateway_unavailable", "The payment provider does not answer; try again later.") from error
