"""Scoped freezes: placed at once, ended by a lift, an expiry or a missing second signature.

Locks: the gate (wide freezes alone), the hold (a booking's freeze alone), the freeze's row.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.common import audit
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.escrow.covered import covered_by, freeze_limits
from apps.escrow.freezing import LONGEST, WHO_MAY, Covered, FreezeScope, FreezeStep, FreezeTarget, needs_second_person
from apps.escrow.gate import close_gate
from apps.escrow.models import Freeze, FreezeChange, Hold
from apps.escrow.services.holds import lock_hold
from apps.escrow.services.marks import set_mark
from apps.escrow.states import Blocker

ASK_LASTS = timedelta(hours=4)
REASON = 200


def place(*, target: FreezeTarget, actor: User, reason: str, expires_in: timedelta | None = None) -> Freeze:
    """Freeze now. Above the limit it lapses unless a second person approves within the limit's time.

    No payout of the target starts once this has committed; one that was sent before is not called back.
    Raises: Forbidden `not_allowed_to_freeze`; NotFound for an unknown target; InvalidInput without a
    reason or for an expiry that is not ahead; Conflict `already_frozen`.
    """
    _check_input(reason, expires_in)
    _refuse_strangers(actor, target.scope)
    with transaction.atomic(durable=True):
        hold = _shut(target)
        if Freeze.objects.active().of(target).exists():
            raise Conflict("already_frozen", "This is frozen already: look at the freeze that stands.")
        now = business_now()
        covered = covered_by(target, rows=0)
        row = Freeze.objects.create(
            scope=target.scope,
            booking_id=target.booking_id,
            payee_user_id=target.payee_user_id,
            reason=reason,
            placed_by=actor,
            placed_at=now,
            expires_at=None if expires_in is None else now + expires_in,
            approve_by=_approve_by(target.scope, covered, now),
        )
        _step(row, FreezeStep.PLACED, actor, reason, covered)
        audit.record(actor, "escrow.freeze", _subject(hold, row), reason=reason, booking=target.booking_id)
        if hold is not None:
            set_mark(hold, Blocker.FREEZE, actor=actor, reason=reason, set_on=True)
    return row


def keep_frozen(hold: Hold, *, actor: User | None, reason: str) -> None:
    """Freeze a locked hold until somebody lifts it, as one step of another use case.

    A freeze that stands is kept: it neither expires nor lapses any more, and nobody's earlier wish to
    lift it counts, since none of them knew of this reason.
    """
    require_transaction()
    target = FreezeTarget(FreezeScope.BOOKING, booking_id=hold.booking_id)
    row = Freeze.objects.select_for_update().active().of(target).first()
    if row is None:
        row = Freeze.objects.create(
            scope=target.scope, booking_id=hold.booking_id, reason=reason[:REASON], placed_by=actor
        )
        _step(row, FreezeStep.PLACED, actor, reason)
        set_mark(hold, Blocker.FREEZE, actor=actor, reason=reason, set_on=True)
        return
    _write(row, expires_at=None, approve_by=None, lift_asked_at=None, lift_asked_by=None)
    _step(row, FreezeStep.KEPT, actor, reason)


def approve(*, freeze_id: str, actor: User, reason: str) -> Freeze:
    """Agree to somebody else's freeze, so that it does not lapse.

    Raises: NotFound; Forbidden; InvalidInput without a reason; Conflict `freeze_ended` |
    `approval_not_needed` | `second_person_needed`.
    """
    _check_input(reason)
    with transaction.atomic(durable=True):
        _, row = _lock_freeze(freeze_id, actor)
        if row.approve_by is None or row.approved_at is not None:
            raise Conflict("approval_not_needed", "This freeze stands without a further approval.")
        if row.approve_by <= business_now():
            raise Conflict("freeze_ended", "Nobody agreed to this freeze in time, so it has lapsed. Place a new one.")
        if row.placed_by_id == actor.pk:
            raise _second_person()
        _write(row, approved_at=business_now(), approved_by=actor)
        _step(row, FreezeStep.APPROVED, actor, reason)
        audit.record(actor, "escrow.freeze_approved", f"freeze:{row.public_id}", reason=reason)
    return row


def lift(*, freeze_id: str, actor: User, reason: str) -> Freeze:
    """End a freeze; above the limit the first person asks, and a second one within four hours lifts.

    Look at `ended_at` of the answer. Payouts that fell due meanwhile are due at once. Whoever asked first and
    has left the group since does not count.
    Raises: as `approve`, with Conflict `freeze_ended` | `second_person_needed`.
    """
    _check_input(reason)
    with transaction.atomic(durable=True):
        hold, row = _lock_freeze(freeze_id, actor)
        covered, now = covered_by(row.target, rows=0), business_now()
        # The limit of the time when it was placed counts, too: nobody raises it first to lift alone.
        if any(_two_needed(row.target.scope, covered, at) for at in (now, row.placed_at)):
            asked = _still_asked(row, now)
            if asked and row.lift_asked_by_id == actor.pk:
                raise _second_person()
            if not asked:
                _write(row, lift_asked_at=now, lift_asked_by=actor)
                _step(row, FreezeStep.LIFT_ASKED, actor, reason, covered)
                audit.record(actor, "escrow.lift_asked", f"freeze:{row.public_id}", reason=reason)
                return row
        _end(row, hold, FreezeStep.LIFTED, actor, reason, covered)
        audit.record(actor, "escrow.lift", _subject(hold, row), reason=reason, booking=row.booking_id)
    return row


def end_overdue() -> int:
    """End what expired and what no second person approved in time; return how many. Safe in parallel."""
    ended = 0
    for freeze_id in Freeze.objects.overdue(business_now()).order_by("id").values_list("public_id", flat=True):
        with transaction.atomic(durable=True):
            hold, row = _lock_row(str(freeze_id))
            now = business_now()
            if row not in Freeze.objects.overdue(now):
                continue  # kept, approved or lifted since
            expired = row.expires_at is not None and row.expires_at <= now
            step = FreezeStep.EXPIRED if expired else FreezeStep.LAPSED
            _end(row, hold, step, None, step.label.lower(), covered_by(row.target, rows=0))
            ended += 1
    return ended


def _shut(target: FreezeTarget) -> Hold | None:
    """Keep claims of the target out until the transaction ends."""
    if target.scope == FreezeScope.BOOKING:
        return lock_hold(target.booking_id)
    if target.scope == FreezeScope.SITTER and not Hold.objects.filter(payee_user=target.payee_user_id).exists():
        raise NotFound("not_found", "Nobody ever booked a sitter of this account: there is nothing to freeze.")
    close_gate()
    return None


def _approve_by(scope: FreezeScope, covered: Covered, now: datetime) -> datetime | None:
    if not _two_needed(scope, covered, now):
        return None
    limits = freeze_limits()
    known = [limits[currency].approve_within for currency in covered.sums if currency in limits]
    return now + min(known, default=ASK_LASTS)


def _two_needed(scope: FreezeScope, covered: Covered, at: datetime) -> bool:
    limits = {currency: Money(row.limit_minor, currency) for currency, row in freeze_limits(at).items()}
    return needs_second_person(scope, covered.sums, limits)


def _still_asked(row: Freeze, now: datetime) -> bool:
    """Tell whether a first person's wish to lift counts: it is fresh, and they may still wish it."""
    if row.lift_asked_at is None or row.lift_asked_at <= now - ASK_LASTS:
        return False
    return accounts.belongs_to(row.lift_asked_by, *WHO_MAY[FreezeScope(row.scope)])


def _lock_freeze(freeze_id: str, actor: User) -> tuple[Hold | None, Freeze]:
    hold, row = _lock_row(freeze_id)
    _refuse_strangers(actor, FreezeScope(row.scope))
    if row.ended_at is not None:
        raise Conflict("freeze_ended", "This freeze has ended: nothing is stopped by it any more.")
    return hold, row


def _lock_row(freeze_id: str) -> tuple[Hold | None, Freeze]:
    """Lock the hold, if it is a booking's freeze, then the freeze."""
    key = parse_public_id(freeze_id)
    found = Freeze.objects.filter(public_id=key).first() if key else None
    if found is None:
        raise NotFound
    hold = lock_hold(found.booking_id) if found.scope == FreezeScope.BOOKING else None
    return hold, Freeze.objects.select_for_update().get(pk=found.pk)


def _end(row: Freeze, hold: Hold | None, step: FreezeStep, actor: User | None, reason: str, covered: Covered) -> None:
    _write(row, ended_at=business_now())
    _step(row, step, actor, reason, covered)
    if hold is not None:
        set_mark(hold, Blocker.FREEZE, actor=actor, reason=reason, set_on=False)


def _write(row: Freeze, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))


def _step(row: Freeze, step: FreezeStep, actor: User | None, reason: str, covered: Covered | None = None) -> None:
    facts = covered.facts() if covered is not None else {}
    FreezeChange.objects.create(freeze=row, step=step, actor=actor, reason=reason[:REASON], facts=facts)


def _subject(hold: Hold | None, row: Freeze) -> str:
    return f"hold:{hold.public_id}" if hold is not None else f"freeze:{row.public_id}"


def _check_input(reason: str, expires_in: timedelta | None = None) -> None:
    if not 1 <= len(reason.strip()) <= REASON:
        raise InvalidInput.field("reason", f"Say why, in up to {REASON} characters: it goes into the record.")
    if expires_in is not None and not timedelta(0) < expires_in <= LONGEST:
        raise InvalidInput.field("expires_in", f"must be ahead, by {LONGEST.days} days at most; or leave it empty.")


def _refuse_strangers(actor: User, scope: FreezeScope) -> None:
    groups = WHO_MAY[scope]
    if not accounts.belongs_to(actor, *groups):
        raise Forbidden("not_allowed_to_freeze", f"Only {' and '.join(groups)} may do this.")


def _second_person() -> Conflict:
    return Conflict("second_person_needed", "This takes two people: ask a colleague to agree.")
