"""Paying sitters out: claim and commit, transfer outside, settle; each payee on its own."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from apps.accounts.models import User
from apps.common import events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, DomainError
from apps.escrow import journals
from apps.escrow.amounts import split_release
from apps.escrow.events import PayoutFailed, PayoutReleased
from apps.escrow.models import Funding, Hold, Release
from apps.escrow.services.holds import lock_hold, move
from apps.escrow.states import HoldState
from apps.escrow.types import PayoutView
from apps.escrow.views import view_payout
from apps.payments import selectors as payments_q
from apps.payments import services as payments
from apps.payments.types import PayeeView, TransferView

logger = logging.getLogger(__name__)

PURPOSE = "escrow_release"
BATCH = 50
# After a refused transfer or a payee who cannot be paid yet; the sitter may ask earlier by hand.
RETRY_AFTER = timedelta(minutes=30)

_PAID = frozenset({HoldState.RELEASING, HoldState.RELEASED})


def release_payout(*, booking_id: str, actor: User) -> PayoutView:
    """Pay one hold out now when it is due; a payout that has begun or ended is returned as it is.

    Raises: Conflict `hold_not_elapsed` (details: release_due_at) | `escrow_frozen` |
    `payment_disputed` | `nothing_to_release` | `payout_account_missing` |
    `payout_account_not_enabled`.
    """
    with transaction.atomic(durable=True):
        hold = lock_hold(booking_id)
        if hold.state not in _PAID:
            _refuse_unless_due(hold, business_now())
            _claim(hold, actor, "asked for by the sitter")
        release = hold.releases.exclude(status=Release.Status.FAILED).get()
    if release.status == Release.Status.IN_TRANSIT:
        payments.execute_transfer(release.transfer_id)
        release.refresh_from_db()
    return view_payout(release)


def release_due_payouts() -> int:
    """Pay out all holds that are due, fifty at a time; return how many transfers were started.

    Safe to run in parallel: a claimed row is skipped by every other run. A payee who cannot be paid
    and a gateway that is down for one transfer stop nobody else.
    """
    started = 0
    while claimed := _claim_batch():
        started += sum(_try_transfer(transfer_id) for transfer_id in claimed if transfer_id)
    return started


def settle_success(transfer: TransferView) -> None:
    """The transfer is confirmed. Inside its result transaction."""
    require_transaction()
    release, hold = _lock_by_release(transfer.subject)
    if release.status != Release.Status.IN_TRANSIT:
        return
    journals.post_transfer_confirmed(release)
    _settle(hold, release)


def settle_failure(transfer: TransferView) -> None:
    """The transfer was refused: the money is back in escrow, due again. Inside its transaction."""
    require_transaction()
    release, hold = _lock_by_release(transfer.subject)
    if release.status != Release.Status.IN_TRANSIT:
        return
    now = business_now()
    code = transfer.failure_code or "transfer_failed"
    Release.objects.filter(pk=release.pk).update(status=Release.Status.FAILED, failure_code=code, settled_at=now)
    journals.post_release_undone(release)
    move(
        hold,
        HoldState.RELEASE_DUE,
        actor=None,
        reason=f"transfer refused: {code}",
        next_attempt_at=now + RETRY_AFTER,
        last_problem=code,
    )
    events.publish(PayoutFailed(hold_id=str(hold.public_id), booking_id=hold.booking_id, failure_code=code))


def _claim_batch() -> list[str]:
    """Claim up to fifty due holds; return their transfers, "" for those that could not be paid.

    An empty list means that nothing is due.
    """
    with transaction.atomic(durable=True):
        due = Hold.objects.payable(business_now()).select_for_update(skip_locked=True)
        return [_claim_or_postpone(hold) for hold in due[:BATCH]]


def _claim_or_postpone(hold: Hold) -> str:
    try:
        with transaction.atomic():
            return _claim(hold, None, "payout due").transfer_id
    except Exception as problem:
        # Whatever is wrong with one payee is that payee's alone; the hold is looked at again later.
        code = problem.code if isinstance(problem, DomainError) else type(problem).__name__
        due = business_now() + RETRY_AFTER
        Hold.objects.filter(pk=hold.pk).update(next_attempt_at=due, last_problem=code[:80])
        logger.warning("payout postponed", extra={"hold": str(hold.public_id), "why": code})
        return ""


def _refuse_unless_due(hold: Hold, now: datetime) -> None:
    if hold.state != HoldState.RELEASE_DUE or hold.release_due_at is None:
        raise Conflict(
            "nothing_to_release",
            f"There is nothing to pay out: the payment is {HoldState(hold.state).label.lower()}.",
        )
    if hold.frozen_at is not None:
        raise Conflict("escrow_frozen", "This payment is frozen while a problem is looked into.")
    if hold.disputed_at is not None:
        raise Conflict("payment_disputed", "The cardholder disputes this payment.")
    if hold.release_due_at > now:
        due = hold.release_due_at.isoformat()
        raise Conflict(
            "hold_not_elapsed",
            f"The payment is held until {due}: 24 hours after the stay. It is paid out by itself.",
            {"release_due_at": due},
        )


def _claim(hold: Hold, actor: User | None, reason: str) -> Release:
    """Take the money out of escrow for one transfer. The hold is locked and due."""
    split = split_release(hold.stay_left, hold.owner_fee_left, hold.sitter_fee_pct)
    payee = _payee_of(hold) if split.payout else None
    move(hold, HoldState.RELEASING, actor=actor, reason=reason, last_problem="")
    release = Release.objects.create(
        hold=hold,
        currency=hold.currency,
        payout_minor=split.payout.amount_minor,
        sitter_fee_minor=split.sitter_fee.amount_minor,
        owner_fee_minor=split.owner_fee.amount_minor,
    )
    journals.post_release(hold, release)
    if payee is None:  # nothing is left for the sitter: the fee is earned, no money travels
        _settle(hold, release)
        return release
    transfer = payments.prepare_transfer(
        source_payment_id=_source(hold),
        purpose=PURPOSE,
        subject=str(release.public_id),
        amount=split.payout,
        payee_id=payee.id,
        transfer_group=hold.booking_id,
    )
    release.transfer_id = transfer.id
    release.save(update_fields=["transfer_id"])
    return release


def _payee_of(hold: Hold) -> PayeeView:
    payee = payments_q.payee_of(hold.payee_user_id)
    if payee is None:
        raise Conflict("payout_account_missing", "Open a payout account first, then ask again.")
    if not payee.payouts_enabled:
        raise Conflict(
            "payout_account_not_enabled",
            "The payout account is not ready: finish its set-up with the payment provider.",
        )
    return payee


def _source(hold: Hold) -> str:
    return Funding.objects.get(hold=hold, captured_at__isnull=False, surplus=False).payment_id


def _settle(hold: Hold, release: Release) -> None:
    now = business_now()
    Release.objects.filter(pk=release.pk).update(status=Release.Status.PAID, settled_at=now)
    release.status, release.settled_at = Release.Status.PAID, now
    view = move(hold, HoldState.RELEASED, actor=None, reason="transfer confirmed", released_at=now)
    events.publish(
        PayoutReleased(
            hold_id=view.id,
            booking_id=view.booking_id,
            amount_minor=release.payout_minor,
            currency=release.currency,
        )
    )


def _lock_by_release(public_id: str) -> tuple[Release, Hold]:
    release = Release.objects.select_related("hold").get(public_id=public_id)
    hold = lock_hold(release.hold.booking_id)
    release.refresh_from_db(fields=["status"])
    return release, hold


def _try_transfer(transfer_id: str) -> bool:
    """Execute one transfer; whatever goes wrong is that payee's alone and is resumed later."""
    try:
        payments.execute_transfer(transfer_id)
    except Exception:
        # The operation row is committed: the payments app resumes it, looking it up first.
        logger.exception("transfer not finished", extra={"transfer": transfer_id})
        return False
    return True
