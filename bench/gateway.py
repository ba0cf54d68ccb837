"""A gateway that answers at once, in place of the real one at the port: what is measured is ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from apps.common.money import Money
from apps.payments.gateways import current
from apps.payments.gateways.port import BalanceFacts, IntentFacts, IntentRequest, MovementFacts, TransferRequest


class InstantGateway:
    """Says yes to every payment and transfer; knows nothing else."""

    def __init__(self) -> None:
        self._asked: dict[str, IntentRequest] = {}

    def create_intent(self, request: IntentRequest, *, key: str) -> IntentFacts:
        """Register a payment."""
        self._asked[f"pi_{key}"] = request
        return self._facts(f"pi_{key}", request, "requires_confirmation", 0)

    def confirm_intent(self, intent_id: str, *, key: str) -> IntentFacts:
        """Take the money; the payment is forgotten then."""
        request = self._asked.pop(intent_id)
        return self._facts(intent_id, request, "succeeded", request.amount.amount_minor)

    def transfer(self, request: TransferRequest, *, key: str) -> MovementFacts:
        """Send money to a payee."""
        return MovementFacts(f"tr_{request.transfer_id}", request.transfer_id, "succeeded", request.amount)

    def balance(self) -> BalanceFacts:
        """Return more than anybody is owed."""
        return BalanceFacts({"USD": Money(10**14, "USD")}, {})

    def _facts(self, intent_id: str, request: IntentRequest, status: str, received: int) -> IntentFacts:
        return IntentFacts(
            id=intent_id,
            payment_id=request.payment_id,
            status=status,
            amount=request.amount,
            received=Money(received, request.amount.currency),
            charge_id=f"ch_{intent_id}" if received else "",
        )


@contextmanager
def standing_in(gateway: InstantGateway) -> Iterator[None]:
    """Let every call of the payments app go to this one."""
    with patch.object(current, "_client", lambda *_settings: gateway):
        yield
