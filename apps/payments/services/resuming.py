"""The sweep: operations whose answer is missing, or which nobody came to execute."""

import structlog

from apps.common.clock import real_now
from apps.payments.models import Operation
from apps.payments.services import charging, payees, refunding, reversing, transferring
from apps.payments.states import OPEN_OPERATIONS, OperationKind

log = structlog.get_logger(__name__)


def resume_stale(limit: int = 50) -> int:
    """Resume operations that are due, longest waiting first; one that fails stops no other.

    What was sent before is looked up at the gateway before it is sent again. Returns how many.
    """
    due = Operation.objects.filter(status__in=OPEN_OPERATIONS, next_attempt_at__lte=real_now())
    rows = due.select_related(
        "payment", "refund__payment", "transfer__source_payment", "transfer__payee", "reversal", "payee"
    )
    found = list(rows.order_by("next_attempt_at")[:limit])
    for operation in found:
        try:
            _resume(operation)
        except Exception as error:
            log.exception("operation_failed", operation=str(operation.public_id), error=type(error).__name__)
    return len(found)


def _resume(operation: Operation) -> None:
    if operation.kind == OperationKind.CHARGE and operation.payment:
        charging.charge_if_due(operation, operation.payment)
    elif operation.kind == OperationKind.CANCEL and operation.payment:
        charging.cancel_if_due(operation, operation.payment)
    elif operation.refund:
        refunding.refund_if_due(operation, operation.refund)
    elif operation.transfer:
        transferring.transfer_if_due(operation, operation.transfer)
    elif operation.reversal:
        reversing.reverse_if_due(operation, operation.reversal)
    elif operation.payee:
        payees.open_if_due(operation, operation.payee)
