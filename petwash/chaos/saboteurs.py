"""Ways to break the payout code on purpose, inside a chaos run alone: the proof that a run can fail.

Each undoes one protection of `apps.payments` in the workers' memory; product code knows nothing of it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4


def _no_lookup() -> None:
    """A transfer that may have happened is sent again without asking whether it has."""
    from apps.payments.gateways.stripe_api import StripeGateway

    def find_nothing(*_arguments: Any) -> None:
        return None

    patched: Any = StripeGateway
    patched.find_transfer = find_nothing


def _random_key() -> None:
    """Each attempt has an idempotency key of its own."""
    from apps.payments.services.operations import Claim

    patched: Any = Claim
    patched.key = property(lambda held: f"{held.public_id}:{uuid4()}")


def _double_claim() -> None:
    """A claim keeps nobody out: whoever finds an open operation takes it, and believes to be the first."""
    from apps.common.clock import real_now
    from apps.payments.services import operations

    patched: Any = operations
    rightful, rightful_of_many = operations.claim, operations.claim_unsent

    def claim(operation: Any, row: Any = None, **more: Any) -> Any:
        still_open = type(operation)._default_manager.filter(pk=operation.pk, finished_at__isnull=True)
        still_open.update(lease_until=None)
        held = rightful(operation, row, **more)
        still_open.update(next_attempt_at=real_now())
        return held and replace(held, attempts=1, public_id=held.token)

    def claim_unsent(*arguments: Any, **more: Any) -> Any:
        pairs = rightful_of_many(*arguments, **more)
        for _, row in pairs:
            row.operations.update(next_attempt_at=real_now())
        return [(replace(held, public_id=uuid4()), row) for held, row in pairs]

    patched.claim, patched.claim_unsent = claim, claim_unsent


SABOTEURS: dict[str, Callable[[], None]] = {
    "no-lookup": _no_lookup,
    "random-key": _random_key,
    "double-claim": _double_claim,
}


NAMES = tuple(SABOTEURS)


def sabotage(name: str) -> None:
    """Break what the name says; an empty name breaks nothing."""
    if name:
        SABOTEURS[name]()
