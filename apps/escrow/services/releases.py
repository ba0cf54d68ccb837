"""Paying sitters out: claim and commit, transfer outside; one transfer a funding, each payee on its own."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.common.clock import business_now
from apps.common.errors import Conflict
from apps.common.money import Money
from apps.escrow import journals
from apps.escrow.amounts import Earned, Parts, ReleaseSplit, share_release, split_release
from apps.escrow.gate import pass_gate
from apps.escrow.models import Funding, Hold, Release, ReleasePart
from apps.escrow.services import receivables
from apps.escrow.services.holds import lock_hold, move
from apps.escrow.services.release_results import conclude
from apps.escrow.services.shares import fundings_of, left_in, take
from apps.escrow.services.stops import STOPS, stop, stopped_by
from apps.escrow.states import HoldState, PartStatus
from apps.escrow.types import PayoutView
from apps.escrow.views import view_payout
from apps.payments import selectors as payments_q
from apps.payments import services as payments
from apps.payments.types import PayeeView

PURPOSE = "escrow_release"

_PAID = frozenset({HoldState.RELEASING, HoldState.RELEASED})


def release_payout(*, booking_id: str, actor: User) -> PayoutView:
    """Pay one hold out now when it is due; a payout that has begun or ended is returned as it is.

    Raises: Conflict `hold_not_elapsed` (details: release_due_at) | `escrow_frozen` |
    `payment_disputed` | `payouts_paused` | `refund_in_progress` | `nothing_to_release` | `payout_account_missing` |
    `payout_account_not_enabled`.
    """
    with transaction.atomic(durable=True):
        pass_gate()
        hold = lock_hold(booking_id)
        if hold.state not in _PAID:
            _refuse_unless_due(hold, business_now())
            claim(hold, actor, "asked for by the sitter")
        release = hold.releases.exclude(status=Release.Status.FAILED).latest("id")
    for transfer_id in transfers_of(release):
        payments.execute_transfer(transfer_id)
    release.refresh_from_db()
    if release.failure_code in STOPS:  # stopped between the claim and the call
        raise stop(release.failure_code)
    return view_payout(release)


def claim(hold: Hold, actor: User | None, reason: str) -> Release:
    """Take what is left of a locked hold that is due out of escrow: one part a funding, one transfer a part.

    The transfers are sent by `payments.execute_transfer` after the commit; `transfers_of` names them.
    Raises: Conflict `payout_account_missing` | `payout_account_not_enabled`.
    """
    split = split_release(Parts(hold.stay_left, hold.owner_fee_left), hold.sitter_fee_pct, earned_of([hold])[hold.pk])
    debts = receivables.lock_open([hold.payee_user_id])
    fundings = [funding for funding in fundings_of(hold) if left_in(hold, funding).total]
    lefts = [left_in(hold, funding) for funding in fundings]
    shares = share_release(split, lefts, receivables.owed(debts, hold.currency))
    payee = _payee_of(hold) if any(share.payout for share in shares) else None
    move(hold, HoldState.RELEASING, actor=actor, reason=reason, last_problem="")
    take(hold, list(zip(fundings, lefts, strict=True)))
    release = Release.objects.create(
        hold=hold,
        currency=hold.currency,
        payout_minor=sum(share.payout.amount_minor for share in shares),
        sitter_fee_minor=split.sitter_fee.amount_minor,
        owner_fee_minor=split.owner_fee.amount_minor,
        offset_minor=sum(share.offset.amount_minor for share in shares),
    )
    pairs = zip(fundings, shares, strict=True)
    parts = [_begin_part(hold, release, funding, share, payee) for funding, share in pairs]
    receivables.keep(debts, parts, hold.currency)
    if not any(part.transfer_id for part in parts):
        conclude(hold, release)  # nothing is left for the sitter: the fees are earned, no money travels
    return release


def transfers_of(release: Release) -> list[str]:
    """Return the transfers of a release that are under way."""
    under_way = release.parts.filter(status=PartStatus.IN_TRANSIT).order_by("id")
    return list(under_way.values_list("transfer_id", flat=True))


def _begin_part(
    hold: Hold, release: Release, funding: Funding, share: ReleaseSplit, payee: PayeeView | None
) -> ReleasePart:
    part = ReleasePart(
        release=release,
        funding=funding,
        payout_minor=share.payout.amount_minor,
        sitter_fee_minor=share.sitter_fee.amount_minor,
        owner_fee_minor=share.owner_fee.amount_minor,
        offset_minor=share.offset.amount_minor,
    )
    journals.post_release(hold, part)
    if payee is None or not share.payout:
        part.status, part.settled_at = PartStatus.PAID, business_now()
    else:
        part.transfer_id = payments.prepare_transfer(
            source_payment_id=funding.payment_id,
            purpose=PURPOSE,
            subject=str(part.public_id),
            amount=share.payout,
            payee_id=payee.id,
            transfer_group=hold.booking_id,
        ).id
    part.save(force_insert=True)
    return part


def _refuse_unless_due(hold: Hold, now: datetime) -> None:
    if hold.state == HoldState.REFUNDING and hold.resume_state == HoldState.RELEASE_DUE:
        raise Conflict(
            "refund_in_progress", "A refund is under way; what it leaves is paid out after it.", transient=True
        )
    if hold.state != HoldState.RELEASE_DUE or hold.release_due_at is None:
        raise Conflict(
            "nothing_to_release",
            f"There is nothing to pay out: the payment is {HoldState(hold.state).label.lower()}.",
            transient=hold.state in {HoldState.HELD, HoldState.REFUNDING},
        )
    if code := stopped_by(hold):
        raise stop(code)
    if hold.release_due_at > now:
        due = hold.release_due_at.isoformat()
        raise Conflict(
            "hold_not_elapsed",
            f"The payment is held until {due}: 24 hours after the stay. It is paid out by itself.",
            {"release_due_at": due},
            transient=True,
        )


def _payee_of(hold: Hold) -> PayeeView:
    payee = payments_q.payee_of(hold.payee_user_id)
    if payee is None:
        raise Conflict("payout_account_missing", "Open a payout account first, then ask again.", transient=True)
    if not payee.payouts_enabled:
        raise Conflict(
            "payout_account_not_enabled",
            "The payout account is not ready: finish its set-up with the payment provider.",
            transient=True,
        )
    return payee


def earned_of(holds: Collection[Hold]) -> dict[int, Earned]:
    """Return what earlier releases of each hold took and did not bring back, by the hold's key."""
    sums = {hold.pk: [0, 0] for hold in holds}
    parts = ReleasePart.objects.filter(release__hold__in=sums).exclude(status=PartStatus.FAILED)
    for part in parts.select_related("release"):
        mine = sums[part.release.hold_id]
        mine[0], mine[1] = mine[0] + part.stay_minor, mine[1] + part.sitter_fee_minor
    return {
        hold.pk: Earned(Money(sums[hold.pk][0], hold.currency), Money(sums[hold.pk][1], hold.currency))
        for hold in holds
    }
