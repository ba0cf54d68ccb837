"""Payouts of the gateway to our own bank: nobody asks us before, so the mirror is what posts them."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.common.money import Money
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, Leg
from apps.reconciliation.models import BookedMovement, GatewayEntry, Run
from apps.reconciliation.proposals import CLEARING
from apps.reconciliation.services import leasing
from apps.reconciliation.states import Kind

BANK, FEES = AccountRef("bank"), AccountRef("stripe_fees")


def post_payouts(run: Run) -> int:
    """Post each mirrored payout, cancelled or failed payout once; return how many. Raises: LeaseLost."""
    booked = BookedMovement.objects.filter(kind=Kind.PAYOUT, match_id=OuterRef("match_id"))
    waiting = GatewayEntry.objects.filter(~Exists(booked), kind=Kind.PAYOUT).order_by("id")
    count = 0
    for entry in waiting.iterator(chunk_size=100):
        with transaction.atomic():
            leasing.hold(run, payouts_posted=run.payouts_posted + 1)
            _post(entry)
            count += 1
    return count


def _post(entry: GatewayEntry) -> None:
    """Dr bank / Cr stripe_clearing, and the other way round for a payout that came back."""
    BookedMovement.objects.create(
        key=f"payout:{entry.gateway_id}",
        kind=Kind.PAYOUT,
        match_id=entry.match_id,
        amount_minor=entry.amount_minor,
        fee_minor=entry.fee_minor,
        expense_minor=entry.fee_minor,
        currency=entry.currency,
        settled_at=entry.created_at,
    )
    if not entry.amount_minor and not entry.fee_minor:
        return
    ledger.post(
        kind="gateway.payout",
        key=f"gateway-entry:{entry.gateway_id}",
        legs=[
            Leg(CLEARING, Money(entry.net_minor, entry.currency)),
            Leg(BANK, Money(-entry.amount_minor, entry.currency)),
            Leg(FEES, Money(entry.fee_minor, entry.currency)),
        ],
        effective_at=entry.created_at,
    )
