"""Claiming many due holds at once, with a fixed number of statements: what `releases.claim` does with one.

It serves what nearly all payouts are: a payee who can be paid and owes nothing. The others are claimed one by one.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from apps.common.db import require_transaction
from apps.common.money import Money
from apps.escrow import journals
from apps.escrow.amounts import Earned, Parts, ReleaseSplit, share_release, split_release
from apps.escrow.models import Funding, Hold, Release, ReleasePart
from apps.escrow.services import receivables
from apps.escrow.services.holds import move_all
from apps.escrow.services.releases import PURPOSE, earned_of
from apps.escrow.services.shares import Share, left_in, take_all
from apps.escrow.states import HoldState
from apps.payments import selectors as payments_q
from apps.payments import services as payments
from apps.payments.types import PayeeView, TransferOrder


@dataclass(frozen=True, slots=True)
class Plan:
    """How one hold is paid out: what its fundings give, and how that is divided, funding by funding."""

    hold: Hold
    payee: PayeeView
    given: list[Share]
    split: ReleaseSplit
    shares: list[ReleaseSplit]

    @property
    def payout(self) -> Money:
        """What travels."""
        return Money(sum(share.payout.amount_minor for share in self.shares), self.hold.currency)


def plan_all(holds: Sequence[Hold]) -> dict[int, Plan]:
    """Return plans, by the hold's key, for those locked holds that can be claimed together.

    The debts of all their payees are locked first, as a single claim locks those of one.
    """
    require_transaction()
    users = {hold.payee_user_id for hold in holds}
    owing = {debt.payee_user_id for debt in receivables.lock_open(users)}
    payees = {user: payee for user, payee in payments_q.payees_of(users - owing).items() if payee.payouts_enabled}
    simple = [hold for hold in holds if hold.payee_user_id in payees]
    given, earned = _given_by(simple), earned_of(simple)
    plans = {}
    for hold in simple:
        # What cannot be planned is that hold's alone: claimed by itself, it says what is wrong.
        with suppress(Exception):
            plan = _plan(hold, payees[hold.payee_user_id], given[hold.pk], earned[hold.pk])
            if plan.shares and all(share.payout for share in plan.shares):
                plans[hold.pk] = plan
    return plans


def claim_all(plans: Sequence[Plan], reason: str) -> list[str]:
    """Take the money of planned holds out of escrow and write the intents to send it; return the transfers.

    Raises: what stands against any of them; the caller then undoes all.
    """
    require_transaction()
    take_all({plan.hold.pk: plan.given for plan in plans})
    releases = Release.objects.bulk_create([_release(plan) for plan in plans])
    parts = [_parts(plan, release) for plan, release in zip(plans, releases, strict=True)]
    pairs = [(plan, part) for plan, mine in zip(plans, parts, strict=True) for part in mine]
    journals.post_releases((plan.hold, part) for plan, part in pairs)
    transfers = payments.prepare_transfers([_order(plan, part) for plan, part in pairs])
    for (_, part), transfer in zip(pairs, transfers, strict=True):
        part.transfer_id = transfer.id
    ReleasePart.objects.bulk_create([part for _, part in pairs])
    move_all([plan.hold for plan in plans], HoldState.RELEASING, reason=reason, last_problem="")
    return [transfer.id for transfer in transfers]


def _given_by(holds: Sequence[Hold]) -> dict[int, list[Share]]:
    """Return what each funding of each hold has left, oldest first, by the hold's key."""
    by_key = {hold.pk: hold for hold in holds}
    given: dict[int, list[Share]] = {key: [] for key in by_key}
    for funding in Funding.objects.filter(hold__in=by_key).counting():
        left = left_in(by_key[funding.hold_id], funding)
        if left.total:
            given[funding.hold_id].append((funding, left))
    return given


def _plan(hold: Hold, payee: PayeeView, given: list[Share], earned: Earned) -> Plan:
    split = split_release(Parts(hold.stay_left, hold.owner_fee_left), hold.sitter_fee_pct, earned)
    shares = share_release(split, [left for _, left in given], Money.zero(hold.currency))
    return Plan(hold, payee, given, split, shares)


def _release(plan: Plan) -> Release:
    return Release(
        hold=plan.hold,
        currency=plan.hold.currency,
        payout_minor=plan.payout.amount_minor,
        sitter_fee_minor=plan.split.sitter_fee.amount_minor,
        owner_fee_minor=plan.split.owner_fee.amount_minor,
    )


def _parts(plan: Plan, release: Release) -> list[ReleasePart]:
    return [
        ReleasePart(
            release=release,
            funding=funding,
            payout_minor=share.payout.amount_minor,
            sitter_fee_minor=share.sitter_fee.amount_minor,
            owner_fee_minor=share.owner_fee.amount_minor,
        )
        for (funding, _), share in zip(plan.given, plan.shares, strict=True)
    ]


def _order(plan: Plan, part: ReleasePart) -> TransferOrder:
    return TransferOrder(
        source_payment_id=part.funding.payment_id,
        purpose=PURPOSE,
        subject=str(part.public_id),
        amount=Money(part.payout_minor, plan.hold.currency),
        payee_id=plan.payee.id,
        transfer_group=plan.hold.booking_id,
    )
