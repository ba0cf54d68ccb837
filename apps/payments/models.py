"""Payments, refunds, transfers, reversals, disputes, payees, the calls that move them, and the webhook inbox.

Private to this app; others use services and selectors, or a foreign key by name.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.crypto import EncryptedTextField
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.payments.states import (
    OPEN_OPERATIONS,
    DisputeStatus,
    MovementStatus,
    OperationKind,
    OperationStatus,
    PaymentStatus,
    WebhookStatus,
)


def _after_grace() -> Any:
    """Whoever prepared an operation executes it at once; the sweep waits so long before it steps in."""
    return real_now() + settings.OUTSIDE_CALL_LEASE


class MoneyRow(PublicModel):
    """What payments, refunds, transfers and reversals share."""

    purpose = models.CharField(max_length=60)
    subject = models.CharField(max_length=64, help_text="the public id of what it is for")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    provider_id = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - unique needs null
    failure_code = models.CharField(max_length=80, blank=True, default="")
    failure_message = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.purpose} {self.amount}, {self.public_id}"

    @property
    def amount(self) -> Money:
        """The amount as money."""
        return Money(self.amount_minor, self.currency)


class Payment(MoneyRow):
    """Money from a payer."""

    status = models.CharField(max_length=20, choices=PaymentStatus, default=PaymentStatus.PREPARED)
    payment_method = models.CharField(max_length=255, help_text="the gateway's token, never a card")
    transfer_group = models.CharField(max_length=64, blank=True, default="")
    metadata = models.JSONField(default=dict)
    charge_id = models.CharField(max_length=64, blank=True, default="")
    client_secret = EncryptedTextField(null=True)
    card_fingerprint = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "payments_payment"
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_above_zero")]
        indexes = [models.Index(fields=["purpose", "subject"], name="payment_subject")]


class Refund(MoneyRow):
    """Money back to a payer."""

    status = models.CharField(max_length=20, choices=MovementStatus, default=MovementStatus.PREPARED)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "payments_refund"
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_above_zero")]


class PayeeAccount(PublicModel):
    """A person's account at the gateway, to which money can be transferred."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payee_account")
    provider_account_id = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - unique needs null
    payouts_enabled = models.BooleanField(default=False)
    details_submitted = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "payments_payee_account"

    def __str__(self) -> str:
        return self.provider_account_id or str(self.public_id)


class Transfer(MoneyRow):
    """Money to a payee, tied to the payment that it came from."""

    status = models.CharField(max_length=20, choices=MovementStatus, default=MovementStatus.PREPARED)
    source_payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="transfers")
    payee = models.ForeignKey(PayeeAccount, on_delete=models.PROTECT, related_name="transfers")
    transfer_group = models.CharField(max_length=64)

    class Meta:
        db_table = "payments_transfer"
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="transfer_above_zero")]


class Reversal(MoneyRow):
    """A transfer taken back from its payee, as far as the payee's account holds the money."""

    status = models.CharField(max_length=20, choices=MovementStatus, default=MovementStatus.PREPARED)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="reversals")
    reversed_minor = models.BigIntegerField(default=0, help_text="what came back, once it succeeded")

    class Meta:
        db_table = "payments_reversal"
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="reversal_above_zero"),
            models.CheckConstraint(
                condition=Q(reversed_minor__gte=0, reversed_minor__lte=models.F("amount_minor")),
                name="reversal_brings_at_most_its_amount",
            ),
        ]

    @property
    def reversed(self) -> Money:
        """What came back, as money."""
        return Money(self.reversed_minor, self.currency)


class Dispute(PublicModel):
    """A payer's bank disputes a payment; what it says follows the gateway's facts, as last fetched."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    provider_id = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=20, choices=DisputeStatus)
    provider_status = models.CharField(max_length=40, help_text="the gateway's own word")
    reason = models.CharField(max_length=80, blank=True, default="")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    withdrawn_minor = models.BigIntegerField(default=0, help_text="taken off our account, not given back")
    fee_minor = models.BigIntegerField(default=0, help_text="fees kept by the gateway")
    settled_minor = models.BigIntegerField(default=0, help_text="taken out of suspense since it was lost")
    evidence_due_at = models.DateTimeField(null=True)
    facts_at = models.DateTimeField(help_text="when the facts were asked for; older answers change nothing")
    lost_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "payments_dispute"
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="dispute_above_zero")]

    def __str__(self) -> str:
        return f"{self.amount}, {self.provider_id}"

    @property
    def amount(self) -> Money:
        """What is disputed."""
        return Money(self.amount_minor, self.currency)


class DisputeMovement(models.Model):
    """Money that a dispute took off our account, or gave back (negative); append-only, one posting each."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="movements")
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    happened_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "payments_dispute_movement"

    def __str__(self) -> str:
        return f"{self.dispute_id}: {self.amount_minor} and {self.fee_minor} of fees"


_TARGETS = {
    OperationKind.CHARGE: "payment",
    OperationKind.CANCEL: "payment",
    OperationKind.REFUND: "refund",
    OperationKind.TRANSFER: "transfer",
    OperationKind.REVERSAL: "reversal",
    OperationKind.PAYEE: "payee",
}


def _one_target() -> Q:
    allowed = Q()
    for kind, target in _TARGETS.items():
        others = {name for name in _TARGETS.values() if name != target}
        allowed |= Q(kind=kind, **{f"{target}__isnull": False}, **{f"{name}__isnull": True for name in others})
    return allowed


class Operation(PublicModel):
    """One effect outside. Its idempotency key is this row and its generation, never an amount or a date."""

    kind = models.CharField(max_length=20, choices=OperationKind)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="operations")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="operations")
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, null=True, related_name="operations")
    reversal = models.ForeignKey(Reversal, on_delete=models.PROTECT, null=True, related_name="operations")
    payee = models.ForeignKey(PayeeAccount, on_delete=models.PROTECT, null=True, related_name="operations")
    status = models.CharField(max_length=20, choices=OperationStatus, default=OperationStatus.PREPARED)
    generation = models.PositiveSmallIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=_after_grace)
    sent_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True, help_text="when the effect was last asked for, not only looked up")
    finished_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "payments_operation"
        constraints = [
            models.CheckConstraint(condition=_one_target(), name="operation_has_its_target"),
            models.UniqueConstraint(fields=["payment", "kind"], name="operation_once_a_payment"),
            models.UniqueConstraint(fields=["refund"], name="operation_once_a_refund"),
            models.UniqueConstraint(fields=["transfer"], name="operation_once_a_transfer"),
            models.UniqueConstraint(fields=["reversal"], name="operation_once_a_reversal"),
            models.UniqueConstraint(fields=["payee"], name="operation_once_a_payee"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status__in=OPEN_OPERATIONS),
                name="operation_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.public_id}"


class Transition(models.Model):
    """A change of state of a payment, refund, transfer, reversal or dispute; append-only."""

    kind = models.CharField(max_length=20)
    subject_id = models.UUIDField(db_index=True)
    from_status = models.CharField(max_length=20)
    to_status = models.CharField(max_length=20)
    happened_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "payments_transition"

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}: {self.to_status}"


class WebhookEvent(models.Model):
    """An event from the gateway, kept once; holds ids, not the gateway's copy of personal data."""

    provider_event_id = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=64)
    api_version = models.CharField(max_length=40, blank=True, default="", db_default="")
    status = models.CharField(max_length=20, choices=WebhookStatus, default=WebhookStatus.RECEIVED)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=real_now)
    received_at = models.DateTimeField(default=real_now)
    processed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "payments_webhook_event"
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status__in=(WebhookStatus.RECEIVED, WebhookStatus.PARKED)),
                name="webhook_event_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.object_id}"


class GatewayCheck(models.Model):
    """What the last check of our account at the gateway found: one row."""

    checked_at = models.DateTimeField()
    problems = models.JSONField(default=list)

    class Meta:
        db_table = "payments_gateway_check"

    def __str__(self) -> str:
        return f"checked {self.checked_at}: {len(self.problems)} problems"


class EventMark(models.Model):
    """How far the gateway's list of events has been swept: one row."""

    swept_until = models.DateTimeField(help_text="the newest event that a whole sweep has seen, by the gateway's clock")

    class Meta:
        db_table = "payments_event_mark"

    def __str__(self) -> str:
        return f"events until {self.swept_until}"
