"""What has moved our money at the gateway, as our own rows have it: the reconciliation's side of the comparison.

Reads the append-only transitions, so that whoever keeps the last cursor meets every movement, once or again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.ledger import selectors as ledger
from apps.payments.models import Dispute, DisputeMovement, Payment, Refund, Reversal, Transfer, Transition
from apps.payments.states import MovementStatus

_SETTLED = Q(to_status=MovementStatus.SUCCEEDED) | Q(kind="refund", from_status=MovementStatus.SUCCEEDED)
_SINGLE = {"payment": Payment, "refund": Refund, "transfer": Transfer}


@dataclass(frozen=True, slots=True)
class Settled:
    """One movement that our books hold as done.

    kind: charge, refund, refund_failure (a bank returned it), transfer, reversal or dispute. provider_id: the
    gateway's id of what moved, for a charge the charge's. amount: signed, positive when money came in. fee: what was
    booked as the gateway's fee with it. purpose and subject: what it was for; parent_id: the payment out of which a
    transfer went, the transfer that a reversal takes back.
    """

    cursor: int
    kind: str
    our_id: str
    provider_id: str
    amount: Money
    fee: Money
    purpose: str
    subject: str
    parent_id: str
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the row with one of our ids stands; `provider_id` is empty before the gateway's answer."""

    our_id: str
    status: str
    provider_id: str


def settled_after(cursor: int, *, batch: int = 500) -> Iterator[list[Settled]]:
    """Yield batches of what settled beyond the cursor, oldest first, with a bounded number of queries a batch.

    A transition that commits late has a cursor below others: start some thousands lower than the last.
    """
    while True:
        found = list(Transition.objects.filter(_SETTLED, pk__gt=cursor).order_by("pk")[:batch])
        if not found:
            return
        yield _settled(found)
        cursor = found[-1].pk


def disputed_after(cursor: int, *, batch: int = 500) -> Iterator[list[Settled]]:
    """Yield batches of what disputes took off our account or gave back, beyond a cursor of their own."""
    rows = DisputeMovement.objects.select_related("dispute__payment").order_by("pk")
    while found := list(rows.filter(pk__gt=cursor)[:batch]):
        yield [_disputed(row) for row in found]
        cursor = found[-1].pk


def standing(kind: str, our_id: str) -> Standing | None:
    """Return where a payment, refund or transfer stands; None when there is none with this id."""
    public_id = parse_public_id(our_id)
    if public_id is None:
        return None
    rows = _SINGLE[kind]._default_manager.filter(public_id=public_id)
    found = rows.values_list("public_id", "status", "charge_id" if kind == "payment" else "provider_id").first()
    return Standing(str(found[0]), found[1], found[2] or "") if found else None


def is_settled(kind: str, provider_id: str) -> bool:
    """Tell whether a row of ours holds the gateway's object as done."""
    if kind == "charge":
        return Payment.objects.filter(charge_id=provider_id, status=MovementStatus.SUCCEEDED).exists()
    if kind == "dispute":
        return Dispute.objects.filter(provider_id=provider_id).exists()
    if kind == "transfer":
        return Transfer.objects.filter(provider_id=provider_id, status=MovementStatus.SUCCEEDED).exists()
    if kind == "reversal":
        return Reversal.objects.filter(provider_id=provider_id, status=MovementStatus.SUCCEEDED).exists()
    end = {"refund": MovementStatus.SUCCEEDED, "refund_failure": MovementStatus.FAILED}.get(kind)
    return end is not None and Refund.objects.filter(provider_id=provider_id, status=end).exists()


def first_movement_at() -> datetime | None:
    """Return when the first payment was prepared: nothing of ours is older at the gateway."""
    return Payment.objects.order_by("pk").values_list("created_at", flat=True).first()


def _settled(found: list[Transition]) -> list[Settled]:
    ids: dict[str, set[UUID]] = defaultdict(set)
    for move in found:
        ids[move.kind].add(move.subject_id)
    rows = {
        "payment": _by_id(Payment.objects.filter(public_id__in=ids["payment"])),
        "refund": _by_id(Refund.objects.filter(public_id__in=ids["refund"]).select_related("payment")),
        "transfer": _by_id(Transfer.objects.filter(public_id__in=ids["transfer"]).select_related("source_payment")),
        "reversal": _by_id(Reversal.objects.filter(public_id__in=ids["reversal"]).select_related("transfer")),
    }
    fees = ledger.debited("stripe_fees", {f"stripe-fee:{key}" for key in ids["payment"]})
    read = (_read(move, rows.get(move.kind, {}).get(move.subject_id), fees) for move in found)
    return [one for one in read if one is not None]


def _by_id(rows: Iterable[Any]) -> dict[UUID, Any]:
    return {row.public_id: row for row in rows}


def _read(move: Transition, row: Any, fees: dict[str, Money]) -> Settled | None:
    if row is None:
        return None
    kind, provider_id, amount, parent = move.kind, row.provider_id, -row.amount, ""
    fee = Money.zero(row.currency)
    if kind == "payment":
        kind, provider_id, amount = "charge", row.charge_id, row.amount
        fee = fees.get(f"stripe-fee:{row.public_id}", fee)
    elif kind == "refund" and move.from_status == MovementStatus.SUCCEEDED:
        kind, amount = "refund_failure", row.amount
    elif kind == "transfer":
        parent = str(row.source_payment.public_id)
    elif kind == "reversal":
        amount, parent = row.reversed, str(row.transfer.public_id)
    return Settled(
        cursor=move.pk,
        kind=kind,
        our_id=str(row.public_id),
        provider_id=provider_id or "",
        amount=amount,
        fee=fee,
        purpose=row.purpose,
        subject=row.subject,
        parent_id=parent,
        settled_at=move.happened_at,
    )


def _disputed(row: DisputeMovement) -> Settled:
    dispute = row.dispute
    return Settled(
        cursor=row.pk,
        kind="dispute",
        our_id=str(dispute.public_id),
        provider_id=dispute.provider_id,
        amount=Money(-row.amount_minor, dispute.currency),
        fee=Money(row.fee_minor, dispute.currency),
        purpose=dispute.payment.purpose,
        subject=dispute.payment.subject,
        parent_id=str(dispute.payment.public_id),
        settled_at=row.happened_at,
    )
