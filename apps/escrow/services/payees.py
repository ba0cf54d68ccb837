"""Payees whose payouts rest: paused by staff, or disabled at the gateway, or both."""

from django.db import transaction
from django.db.models import F

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.common import audit
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, Forbidden, InvalidInput
from apps.escrow.gate import close_gate
from apps.escrow.models import Hold, PayeeStanding, StandingChange, StandingMark
from apps.escrow.states import HoldState
from apps.payments import selectors as payments_q

WHO_MAY = ("Finance",)
_NOT_READY = ("payout_account_missing", "payout_account_not_enabled", "payouts_not_enabled")


def pause(*, user_id: int, actor: User, reason: str) -> PayeeStanding:
    """Let a payee's payouts rest until staff resumes them; what was sent is not called back.

    Raises: Forbidden `not_allowed`; InvalidInput without a reason; Conflict `already_paused`.
    """
    return _by_staff(user_id, actor, reason, set_on=True)


def resume(*, user_id: int, actor: User, reason: str) -> PayeeStanding:
    """Let a payee be paid again; what fell due meanwhile is due at once, unless the gateway stops it, too.

    Raises: Forbidden `not_allowed`; InvalidInput without a reason; Conflict `not_paused`.
    """
    return _by_staff(user_id, actor, reason, set_on=False)


def follow_gateway(*, user_id: int) -> None:
    """Let payouts rest while the payee's account is disabled at the gateway, and go on when it is not.

    Reads how the account stands now, so that events may come twice, late and in any order. Inside the
    transaction of whoever noticed.
    """
    require_transaction()
    payee = payments_q.payee_of(user_id)
    enabled = payee is not None and payee.payouts_enabled
    standing = PayeeStanding.objects.select_for_update().filter(user_id=user_id).first()
    if not enabled and standing is None:
        standing = _locked(user_id)
    if standing is not None:
        reason = "the payment provider pays this account again" if enabled else "disabled at the payment provider"
        _set(standing, StandingMark.GATEWAY, None, reason, set_on=not enabled)
    if enabled:
        _due_at_once(user_id)


def _by_staff(user_id: int, actor: User, reason: str, *, set_on: bool) -> PayeeStanding:
    if not 1 <= len(reason.strip()) <= 200:
        raise InvalidInput.field("reason", "Say why, in up to 200 characters: it goes into the record.")
    if not accounts.belongs_to(actor, *WHO_MAY):
        raise Forbidden("not_allowed", "Only Finance pauses and resumes payouts.")
    with transaction.atomic(durable=True):
        close_gate()
        standing = _locked(user_id)
        if not _set(standing, StandingMark.STAFF, actor, reason, set_on=set_on):
            code = "already_paused" if set_on else "not_paused"
            raise Conflict(code, f"Payouts to this sitter are {code.replace('_', ' ')}.")
        action = "escrow.payouts_paused" if set_on else "escrow.payouts_resumed"
        audit.record(actor, action, f"user:{user_id}", reason=reason)
    return standing


def _locked(user_id: int) -> PayeeStanding:
    PayeeStanding.objects.get_or_create(user_id=user_id)
    return PayeeStanding.objects.select_for_update().get(user_id=user_id)


def _set(standing: PayeeStanding, mark: StandingMark, actor: User | None, reason: str, *, set_on: bool) -> bool:
    column = f"{mark.value}_at"
    if (getattr(standing, column) is not None) == set_on:
        return False
    setattr(standing, column, business_now() if set_on else None)
    if mark == StandingMark.STAFF:
        standing.paused_by = actor if set_on else None
    standing.reason = reason if set_on else ""
    standing.save()
    StandingChange.objects.create(standing=standing, mark=mark, set_on=set_on, actor=actor, reason=reason)
    return True


def _due_at_once(user_id: int) -> None:
    """Look again at what was put off because the account was not ready."""
    waiting = Hold.objects.filter(payee_user=user_id, state=HoldState.RELEASE_DUE, last_problem__in=_NOT_READY)
    waiting.update(next_attempt_at=F("release_due_at"), last_problem="")
