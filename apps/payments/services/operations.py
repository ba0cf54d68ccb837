"""The three phases of an outside call: claim and commit, call, commit the result.

A claim is a lease. Whoever finds an operation that was sent before looks up what happened before
asking again; leases may overlap (a stopped process comes back), keys and look-ups make that harmless.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When

from apps.common.clock import real_now
from apps.common.ids import uuid7
from apps.payments.gateways.port import GatewayKeySpent, GatewayRefused, GatewayUncertain
from apps.payments.models import Operation, Payment, Refund, Reversal, Transfer
from apps.payments.states import OPEN_OPERATIONS, MovementStatus, OperationKind, OperationStatus, PaymentStatus

Facts = TypeVar("Facts")
Recorded = TypeVar("Recorded")
MoneyRow = Payment | Refund | Transfer | Reversal

# A request that we gave up waiting for is answered or dropped by the gateway well within this.
ARRIVES_WITHIN = timedelta(minutes=10)
_LEASE = ("status", "lease_token", "lease_until", "next_attempt_at", "attempts", "sent_at", "asked_at")


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make an operation's call. `repeated`: it may have been made before."""

    operation_pk: int
    public_id: UUID
    token: UUID
    generation: int
    attempts: int
    asked_at: datetime | None = None
    stopped: str = ""

    def refuse_if_stopped(self) -> None:
        """Refuse to ask again what must not happen any more; call it when a look-up has found nothing.

        An earlier request may still be on its way: only when it cannot arrive any more is it certain that
        nothing happened. Until then the operation stays open and is looked up again.
        Raises: GatewayRefused with the reason; GatewayUncertain.
        """
        if self.stopped:
            if self.asked_at is not None and real_now() - self.asked_at >= ARRIVES_WITHIN:
                raise GatewayRefused(self.stopped, "Stopped; what was sent before did not arrive.")
            raise GatewayUncertain(f"stopped ({self.stopped}); what was sent before may still arrive")

    @property
    def repeated(self) -> bool:
        """Tell whether an earlier attempt may have had its effect."""
        return self.attempts > 1

    @property
    def key(self) -> str:
        """The idempotency key at the gateway."""
        return f"{self.public_id}:{self.generation}"


def claim(
    operation: Operation,
    row: MoneyRow | None = None,
    *,
    withheld: Callable[[], str] | None = None,
    withhold: Callable[[str], object] | None = None,
) -> Claim | None:
    """Take the operation's lease and commit; None when it is finished, in other hands or withheld.

    The row that it moves, if given, shows that an answer is awaited. `withheld` says before each call, in the
    claim's transaction, why it must not be made. What was never sent is then closed by `withhold`; what was sent
    may only be looked up (`Claim.refuse_if_stopped`).
    """
    token, now = uuid7(), real_now()
    with transaction.atomic(durable=True):
        _lock(row)
        if not _lock_free(operation, now):
            return None
        stopped = withheld() if withheld is not None else ""
        never_sent = stopped if operation.attempts == 0 and withhold is not None else ""
        _take(operation, token, now, asks=not stopped or (operation.asked_at is None and not never_sent))
        if never_sent and withhold is not None:
            withhold(never_sent)
            return None
        if row is not None:
            _show(row, PaymentStatus.SENT, (PaymentStatus.PREPARED, PaymentStatus.UNKNOWN))
    return Claim(
        operation_pk=operation.pk,
        public_id=operation.public_id,
        token=token,
        generation=operation.generation,
        attempts=operation.attempts,
        asked_at=operation.asked_at,
        stopped=stopped,
    )


def _lock_free(operation: Operation, now: datetime) -> bool:
    """Lock the operation and read it afresh; false when it is finished or in other hands."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    rows = Operation.objects.select_for_update(no_key=True).filter(free, status__in=OPEN_OPERATIONS)
    try:
        operation.refresh_from_db(from_queryset=rows)
    except Operation.DoesNotExist:
        return False
    return True


def _take(operation: Operation, token: UUID, now: datetime, *, asks: bool) -> None:
    """Write the lease of a locked operation; `asks`: the effect is about to be asked for, not only looked up."""
    operation.status = OperationStatus.SENT
    operation.lease_token = token
    operation.lease_until = operation.next_attempt_at = now + settings.OUTSIDE_CALL_LEASE
    operation.attempts += 1
    operation.sent_at = operation.sent_at or now
    operation.asked_at = now if asks else operation.asked_at
    operation.save(update_fields=_LEASE)


def claim_unsent(
    transfer_ids: Collection[UUID], *, withheld: Callable[[list[Transfer]], Collection[int]]
) -> list[tuple[Claim, Transfer]]:
    """Take the leases of transfers that were never sent, and commit, with a fixed number of statements.

    Left out is what was sent before, is finished, in other hands, or withheld (`withheld` returns the keys of
    those): `claim` knows what to do with each.
    """
    token, now = uuid7(), real_now()
    with transaction.atomic(durable=True):
        rows = Transfer.objects.select_for_update(of=("self",)).select_related("source_payment", "payee")
        locked = {row.pk: row for row in rows.filter(public_id__in=transfer_ids).order_by("pk")}
        unsent = Operation.objects.filter(transfer__in=locked, status=OperationStatus.PREPARED, attempts=0)
        found = [(operation, operation.transfer_id or 0) for operation in unsent.select_for_update().order_by("pk")]
        stopped = withheld([locked[pk] for _, pk in found]) if found else ()
        going = [(operation, locked[pk]) for operation, pk in found if pk not in stopped]
        Operation.objects.filter(pk__in=[operation.pk for operation, _ in going]).update(
            status=OperationStatus.SENT,
            lease_token=token,
            lease_until=now + settings.OUTSIDE_CALL_LEASE,
            next_attempt_at=now + settings.OUTSIDE_CALL_LEASE,
            attempts=1,
            sent_at=now,
            asked_at=now,
        )
        shown = Transfer.objects.filter(pk__in=[row.pk for _, row in going], status=MovementStatus.PREPARED)
        shown.update(status=MovementStatus.SENT)
    return [
        (Claim(operation.pk, operation.public_id, token, operation.generation, attempts=1, asked_at=now), row)
        for operation, row in going
    ]


def settle(
    held: Claim,
    row: MoneyRow | None,
    ask: Callable[[], Facts | None],
    *,
    record: Callable[[Facts], Recorded],
    refuse: Callable[[GatewayRefused], object],
    decided: Callable[[Facts], bool] = lambda facts: False,
) -> Recorded | None:
    """Make the call with `ask`, which holds no transaction, and commit what came of it.

    `record` and `refuse` run inside the result's transaction; what `record` returned is returned when it is
    committed. Facts of None: somebody else decided in the meantime. Facts that are `decided` have let `record`
    close the operation. Should recording fail, the outcome stays unknown until the sweep applies it.
    """
    try:
        facts = ask()
    except GatewayRefused as refusal:
        with transaction.atomic(durable=True):
            refuse(refusal)
            finish(held.operation_pk, succeeded=False, error=refusal.code)
        return None
    except (GatewayUncertain, GatewayKeySpent) as doubt:
        _leave_open(held, row, str(doubt), new_generation=isinstance(doubt, GatewayKeySpent))
        return None
    try:
        with transaction.atomic(durable=True):
            recorded = record(facts) if facts is not None else None
            if facts is None or not decided(facts):
                _wait_for_more(held)
    except Exception as error:
        _leave_open(held, row, f"recording failed: {type(error).__name__}")
        raise
    return recorded


def finish(operation_pk: int, *, succeeded: bool, error: str = "") -> None:
    """Close the operation, within the result's transaction."""
    _close(Operation.objects.filter(pk=operation_pk), _end(succeeded), error=error)


def finish_transfers(transfers: Collection[Transfer]) -> None:
    """Close the operations of transfers that succeeded, within the result's transaction."""
    _close(Operation.objects.filter(transfer__in=transfers), _end(True))


def finish_of_payment(payment: Payment, hoped: Mapping[OperationKind, bool]) -> None:
    """Close a payment's operations of these kinds, each as hoped for or not, within the result's transaction."""
    ends = [When(kind=kind, then=Value(_end(succeeded))) for kind, succeeded in hoped.items()]
    _close(Operation.objects.filter(payment=payment, kind__in=hoped), Case(*ends))


def _end(succeeded: bool) -> OperationStatus:
    return OperationStatus.SUCCEEDED if succeeded else OperationStatus.FAILED


def _close(found: QuerySet[Operation], end: OperationStatus | Case, *, error: str = "") -> None:
    found.filter(status__in=OPEN_OPERATIONS).update(
        status=end,
        finished_at=real_now(),
        lease_token=None,
        lease_until=None,
        last_error=error[:300],
    )


def _wait_for_more(held: Claim) -> None:
    """Give the lease back where the gateway has not decided yet (a pending refund)."""
    Operation.objects.filter(pk=held.operation_pk, lease_token=held.token).update(
        lease_token=None, lease_until=None, next_attempt_at=real_now() + _wait(held)
    )


def _leave_open(held: Claim, row: MoneyRow | None, error: str, *, new_generation: bool = False) -> None:
    """Give the lease back with the outcome unknown; the sweep looks it up after a growing wait.

    A new generation is only asked for after a definitive failure and an empty look-up.
    """
    with transaction.atomic(durable=True):
        _lock(row)
        ours = Operation.objects.filter(pk=held.operation_pk, lease_token=held.token, status__in=OPEN_OPERATIONS)
        ours.update(
            status=OperationStatus.UNKNOWN,
            lease_token=None,
            lease_until=None,
            next_attempt_at=real_now() + (timedelta(0) if new_generation else _wait(held)),
            generation=F("generation") + int(new_generation),
            last_error=error[:300],
        )
        if row is not None:
            _show(row, PaymentStatus.UNKNOWN, (PaymentStatus.PREPARED, PaymentStatus.SENT))


def _wait(held: Claim) -> timedelta:
    return min(settings.OUTSIDE_CALL_LONGEST_WAIT, timedelta(seconds=2 ** min(held.attempts, 10)))


def _lock(row: MoneyRow | None) -> None:
    """Lock the row before its operation: recording and cancelling take the two in this order too."""
    if row is not None:
        type(row)._default_manager.select_for_update().filter(pk=row.pk).values_list("pk").first()


def _show(row: MoneyRow, status: PaymentStatus, instead_of: tuple[PaymentStatus, ...]) -> None:
    """Mirror the operation on its row; a result that has come in the meantime stays."""
    type(row)._default_manager.filter(pk=row.pk, status__in=instead_of).update(status=status)
