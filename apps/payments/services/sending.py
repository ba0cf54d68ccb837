"""Many transfers at once: leased together, called a few at a time without a connection, recorded together.

The three phases are those of `operations`, with the same rows; only their transactions are shared. What does not
go as hoped with one of them is done again on its own, by the way of a single transfer.
"""

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction

from apps.common.db import outside_call
from apps.common.ids import parse_public_id
from apps.payments import selectors
from apps.payments.gateways.port import GatewayUncertain, MovementFacts
from apps.payments.models import Dispute, Transfer
from apps.payments.purposes import handler_for
from apps.payments.services import operations, recording
from apps.payments.services.operations import Claim
from apps.payments.services.transferring import ask, execute_transfer, settle
from apps.payments.states import OPEN_DISPUTES
from apps.payments.types import TransferView

log = structlog.get_logger(__name__)

# Leased together: few, so that those that a stopped process leaves behind are few.
TOGETHER = 25
# Under way at the gateway at the same instant.
CALLS = 5
# The part of a lease in which calls begin; what has not begun by then is handed back unsent.
BEGINS_WITHIN = 1 / 3
# So long a look for what stops a transfer is good; at a slow gateway the next few are looked at again.
LOOK_LASTS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one call: facts, or what was raised instead."""

    held: Claim
    row: Transfer
    facts: MovementFacts | None = None
    error: Exception | None = None

    @property
    def arrived(self) -> bool:
        """Tell whether the money is with the payee."""
        return self.facts is not None and self.facts.status == "succeeded"

    def again(self) -> MovementFacts | None:
        """Return or raise what the call did."""
        if self.error is not None:
            raise self.error
        return self.facts


def execute_transfers(transfer_ids: Sequence[str]) -> int:
    """Send these transfers, outside of any transaction; return how many were not refused.

    Safe to call again. What goes wrong with one is that one's alone, logged, and resumed later.
    """
    starts = range(0, len(transfer_ids), TOGETHER)
    return sum(_send(transfer_ids[start : start + TOGETHER]) for start in starts)


def _send(transfer_ids: Collection[str]) -> int:
    answers = _ask_all(_lease(transfer_ids))
    recorded = _record([answer for answer in answers if answer.arrived])
    alone: dict[str, Callable[[], TransferView]] = {key: partial(execute_transfer, key) for key in transfer_ids}
    alone |= {str(answer.row.public_id): partial(_settle, answer) for answer in answers}
    return len(recorded) + sum(_alone(key, act) for key, act in alone.items() if key not in recorded)


def _lease(transfer_ids: Collection[str]) -> list[tuple[Claim, Transfer]]:
    """Lease what may go; nothing at all when that fails: each is then tried on its own."""
    try:
        return operations.claim_unsent([key for key in map(parse_public_id, transfer_ids) if key], withheld=_withheld)
    except Exception:
        log.exception("transfers_not_leased_together")
        return []


def _withheld(rows: list[Transfer]) -> set[int]:
    """Return the keys of those that must not be sent: a dispute opened since, or their purpose stops them."""
    disputes = Dispute.objects.filter(payment__in=[row.source_payment_id for row in rows], status__in=OPEN_DISPUTES)
    disputed = set(disputes.values_list("payment", flat=True))
    stopped = {row.pk for row in rows if row.source_payment_id in disputed}
    for purpose in sorted({row.purpose for row in rows}):
        views = {row.pk: selectors.transfer_view(row) for row in rows if row.purpose == purpose}
        ids = handler_for(purpose).transfers_withheld(list(views.values()))
        stopped |= {pk for pk, view in views.items() if view.id in ids}
    return stopped


def _ask_all(held: Sequence[tuple[Claim, Transfer]]) -> list[Answer]:
    looked = time.monotonic()
    last = looked + settings.OUTSIDE_CALL_LEASE.total_seconds() * BEGINS_WITHIN
    answers: list[Answer] = []
    with ThreadPoolExecutor(max_workers=CALLS) as threads:
        for start in range(0, len(held), CALLS):
            few, stopped = held[start : start + CALLS], set()
            if start and time.monotonic() - looked > LOOK_LASTS_SECONDS:
                looked, stopped = time.monotonic(), _stopped_since([row for _, row in few])
            with outside_call():
                asked = [partial(_ask, claim, row, last, stopped=row.pk in stopped) for claim, row in few]
                answers += threads.map(lambda ask_one: ask_one(), asked)
    return answers


def _stopped_since(rows: list[Transfer]) -> set[int]:
    """Look again at what is leased and not yet called; all of them stay behind when that fails."""
    try:
        with transaction.atomic(durable=True):
            return _withheld(rows)
    except Exception:
        log.exception("transfers_not_looked_at_again")
        return {row.pk for row in rows}


def _ask(held: Claim, row: Transfer, last: float, *, stopped: bool) -> Answer:
    if stopped:
        return Answer(held, row, error=GatewayUncertain("not sent: something stops it since it was leased"))
    if time.monotonic() > last:
        return Answer(held, row, error=GatewayUncertain("not sent: those before it took too long"))
    try:
        return Answer(held, row, ask(held, row))
    except Exception as error:
        return Answer(held, row, error=error)


def _record(arrived: Sequence[Answer]) -> set[str]:
    """Record what arrived in one transaction and return the ids; none of them when that fails."""
    facts = [(answer.row, answer.facts) for answer in arrived if answer.facts is not None]
    try:
        if facts:
            with transaction.atomic(durable=True):
                recording.record_transfers(facts)
    except Exception:
        log.exception("transfers_not_recorded_together")
        return set()
    return {str(answer.row.public_id) for answer in arrived}


def _settle(answer: Answer) -> TransferView:
    settle(answer.held, answer.row, answer.again)
    return selectors.transfer(str(answer.row.public_id))


def _alone(transfer_id: str, act: Callable[[], TransferView]) -> bool:
    """Go on with one transfer; whatever goes wrong is that payee's alone and is resumed later."""
    try:
        return act().status != "failed"
    except Exception:
        # The operation row is committed: the sweep resumes it, looking it up first.
        log.exception("transfer_not_finished", transfer=transfer_id)
        return False
