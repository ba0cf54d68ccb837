"""The states of payments, refunds, transfers and of the outside calls that move them. Pure."""

from django.db import models


class OperationStatus(models.TextChoices):
    """`unknown`: it was sent and no answer came; a look-up will tell."""

    PREPARED = "prepared"
    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class OperationKind(models.TextChoices):
    """What an operation asks of the gateway."""

    CHARGE = "charge"
    CANCEL = "cancel"
    REFUND = "refund"
    TRANSFER = "transfer"
    REVERSAL = "reversal"
    PAYEE = "payee"


class PaymentStatus(models.TextChoices):
    """Where a payment stands; `sent` means that an answer is awaited."""

    PREPARED = "prepared"
    SENT = "sent"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class MovementStatus(models.TextChoices):
    """Where a refund, a transfer or a reversal stands."""

    PREPARED = "prepared"
    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class DisputeStatus(models.TextChoices):
    """`inquiry`: the bank asks; `open`: it has taken the money; `closed`: an inquiry that came to nothing."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


class WebhookStatus(models.TextChoices):
    """`parked`: it speaks of something we do not know yet; `unmatched`: given up after a day."""

    RECEIVED = "received"
    PARKED = "parked"
    PROCESSED = "processed"
    IGNORED = "ignored"
    UNMATCHED = "unmatched"


OPEN_OPERATIONS = (OperationStatus.PREPARED, OperationStatus.SENT, OperationStatus.UNKNOWN)
OPEN_DISPUTES = (DisputeStatus.INQUIRY, DisputeStatus.OPEN)
OPEN_PAYMENTS = (
    PaymentStatus.PREPARED,
    PaymentStatus.SENT,
    PaymentStatus.UNKNOWN,
    PaymentStatus.REQUIRES_ACTION,
)

# Money that was taken is always recorded: a success may follow a failure or a cancellation.
_ANY_END = {PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.CANCELLED}
_WAITING = {PaymentStatus.SENT, PaymentStatus.UNKNOWN}
PAYMENT_MOVES: dict[str, set[PaymentStatus]] = {
    PaymentStatus.PREPARED: _WAITING | {PaymentStatus.REQUIRES_ACTION} | _ANY_END,
    PaymentStatus.SENT: _WAITING | {PaymentStatus.REQUIRES_ACTION} | _ANY_END,
    PaymentStatus.UNKNOWN: _WAITING | {PaymentStatus.REQUIRES_ACTION} | _ANY_END,
    PaymentStatus.REQUIRES_ACTION: _ANY_END,
    PaymentStatus.FAILED: {PaymentStatus.SUCCEEDED},
    PaymentStatus.CANCELLED: {PaymentStatus.SUCCEEDED},
    PaymentStatus.SUCCEEDED: set(),
}

_OPEN_MOVES = set(MovementStatus) - {MovementStatus.PREPARED}
# A bank may return a refund days after it succeeded; docs.stripe.com/refunds#failed-refunds.
REFUND_MOVES: dict[str, set[MovementStatus]] = {
    MovementStatus.PREPARED: _OPEN_MOVES,
    MovementStatus.SENT: _OPEN_MOVES,
    MovementStatus.UNKNOWN: _OPEN_MOVES,
    MovementStatus.SUCCEEDED: {MovementStatus.FAILED},
    MovementStatus.FAILED: set(),
}
TRANSFER_MOVES: dict[str, set[MovementStatus]] = {
    MovementStatus.PREPARED: _OPEN_MOVES,
    MovementStatus.SENT: _OPEN_MOVES,
    MovementStatus.UNKNOWN: _OPEN_MOVES,
    MovementStatus.SUCCEEDED: set(),
    MovementStatus.FAILED: set(),
}
REVERSAL_MOVES = TRANSFER_MOVES
