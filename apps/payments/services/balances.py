"""What we hold at the gateway."""

from apps.common.db import outside_call
from apps.common.errors import Unavailable
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import BalanceFacts, GatewayError


def balance() -> BalanceFacts:
    """Ask the gateway what the platform's account holds, available and pending; outside any transaction.

    Raises: Unavailable `gateway_unavailable`.
    """
    try:
        with outside_call():
            return gateway().balance()
    except GatewayError as error:
        raise Unavailable("gateway_unavailable", "The payment provider does not answer; try again.") from error
