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
from apps.payments.models import Payment, Refund, Transfer, Transition
from apps.payments.states import MovementStatus

_SETTLED = Q(to_status=MovementStatus.SUCCEEDED) | Q(kind="refund", from_status=MovementStatus.SUCCEEDED)
_SINGLE = {"payment": Payment, "refund": Refund, "transfer": Transfer}


@dataclass(frozen=True, slots=True)
class Settled:
    """One movement that our books hold as done.

    kind: charge, refund, refund_failure (a bank returned it) or transfer. provider_id: the gateway's id of what
    moved, for a charge the charge's. amount: signed, positive when money came in. fee: what was booked as the
    gateway's fee with it. purpose and subject: what it was for; parent_id: the payment out of which a transfer went.
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


def standing(kind: str, our_id: str) -> Standing | None:
    """Return where a payment, refund or transfer stands; None when there is none with this id."""
    public_id = parse_public_id(our_id)
    if public_id is None:
        return None
    rows = _SINGLE[kind]._default_manager.filter(public_id=public_id)
    found = rows.values_list("public_id", "status", "charge_id" if kind == "payment" else "provider_id").first()
    return Standing(str(found[0]), found[1], found[2] or "") if found else None


def is_settled(kind: str, provider_id: str) -> bool:
    """Tell whether a row of ours holds the gateway's charge, refund or transfer as done."""
    if kind == "charge":
        return Payment.objects.filter(charge_id=provider_id, status=MovementStatus.SUCCEEDED).exists()
    if kind == "transfer":
        return Transfer.objects.filter(provider_id=provider_id, status=MovementStatus.SUCCEEDED).exists()
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
    }
    fees = ledger.debited("stripe_fees", {f"stripe-fee:{key}" for key in ids["payment"]})
    read = (_read(move, rows.get(move.kind, {}).get(move.subject_id), fees) for move in found)
    return [one for one in read if one is not None]


def _by_id(rows: Iterable[Any]) -> dict[UUID, Any]:
    return {row.public_id: row for row in rows}


def _read(move: Transition, row: Any, fees: dict[str, Money]) -> Settled | None:
    if row is None:
        return None
    kind, sign, provider_id, parent = "charge", 1, row.provider_id, ""
    fee = Money.zero(row.currency)
    if move.kind == "payment":
        provider_id, fee = row.charge_id, fees.get(f"stripe-fee:{row.public_id}", fee)
    elif move.kind == "transfer":
        kind, sign, parent = "transfer", -1, str(row.source_payment.public_id)
    else:
        back = move.from_status == MovementStatus.SUCCEEDED
        kind, sign, parent = ("refund_failure", 1, "") if back else ("refund", -1, "")
    return Settled(
        cursor=move.pk,
        kind=kind,
        our_id=str(row.public_id),
        provider_id=provider_id or "",
        amount=Money(sign * row.amount_minor, row.currency),
        fee=fee,
        purpose=row.purpose,
        subject=row.subject,
        parent_id=parent,
        settled_at=move.happened_at,
    )
