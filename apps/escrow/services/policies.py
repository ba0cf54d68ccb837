"""How long a payout waits, and from which sum two people must agree: rows with author, reason and date."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.common import audit
from apps.common.clock import business_now
from apps.common.errors import Forbidden, InvalidInput
from apps.escrow.models import FreezeLimit, Hold, HoldPolicy
from apps.escrow.states import HoldState

WHO_MAY = ("Finance",)
HOURS = range(24, 24 * 30 + 1)
FIRST_STAYS = range(51)
MOST_MINOR = 10**12


def hold_time(hold: Hold) -> tuple[timedelta, str]:
    """Return how long this hold waits after its stay by the policy in effect, and why, in words.

    A sitter's first stays are those before the given number was paid out.
    """
    policy = HoldPolicy.objects.at(business_now())
    if policy.first_stays:
        paid = Hold.objects.filter(payee_user=hold.payee_user_id, state=HoldState.RELEASED).exclude(pk=hold.pk)
        if paid[: policy.first_stays].count() < policy.first_stays:
            hours = max(policy.hold_hours, policy.first_stays_hours)
            return timedelta(hours=hours), f"{hours} h: one of the sitter's first {policy.first_stays} stays"
    return timedelta(hours=policy.hold_hours), f"{policy.hold_hours} h after the stay"


def set_hold_policy(
    *, hold_hours: int, first_stays: int, first_stays_hours: int, effective_at: datetime, actor: User, reason: str
) -> HoldPolicy:
    """Append a policy for clocks that start at `effective_at` or later; running clocks keep their instant.

    Raises: Forbidden `not_allowed`; InvalidInput naming the field.
    """
    _refuse_strangers(actor)
    _check(
        hold_hours in HOURS, "hold_hours", f"must be {HOURS[0]} to {HOURS[-1]} hours: a day is our promise to owners."
    )
    _check(first_stays in FIRST_STAYS, "first_stays", f"must be 0 (nobody waits longer) to {FIRST_STAYS[-1]}.")
    fits = first_stays_hours in HOURS if first_stays else first_stays_hours == 0
    _check(fits, "first_stays_hours", f"must be {HOURS[0]} to {HOURS[-1]} hours, or 0 without first stays.")
    with transaction.atomic(durable=True):
        row = HoldPolicy.objects.create(
            hold_hours=hold_hours,
            first_stays=first_stays,
            first_stays_hours=first_stays_hours,
            effective_at=_ahead(effective_at),
            actor=actor,
            reason=_said(reason),
        )
        audit.record(actor, "escrow.hold_policy", f"hold_policy:{row.pk}", reason=reason, policy=str(row))
    return row


def set_freeze_limit(*, currency: str, limit_minor: int, actor: User, reason: str) -> FreezeLimit:
    """Append the sum above which a freeze or a lift in this currency takes two people, from now on.

    Raises: Forbidden `not_allowed`; InvalidInput naming the field.
    """
    _refuse_strangers(actor)
    _check(0 <= limit_minor <= MOST_MINOR, "limit_minor", f"must be 0 to {MOST_MINOR}.")
    _check(len(currency) == 3 and currency.isupper(), "currency", "must be an ISO code such as USD.")
    with transaction.atomic(durable=True):
        row = FreezeLimit.objects.create(
            currency=currency, limit_minor=limit_minor, effective_at=business_now(), actor=actor, reason=_said(reason)
        )
        audit.record(
            actor, "escrow.freeze_limit", f"freeze_limit:{row.pk}", reason=reason, currency=currency, limit=limit_minor
        )
    return row


def _ahead(effective_at: datetime) -> datetime:
    now = business_now()
    if effective_at < now - timedelta(minutes=5):
        raise InvalidInput.field("effective_at", "must be now or ahead: the past has its own policy.")
    return max(effective_at, now)


def _said(reason: str) -> str:
    if not 1 <= len(reason.strip()) <= 200:
        raise InvalidInput.field("reason", "Say why, in up to 200 characters: it goes into the record.")
    return reason.strip()


def _check(fits: bool, field: str, problem: str) -> None:
    if not fits:
        raise InvalidInput.field(field, problem)


def _refuse_strangers(actor: User) -> None:
    if not accounts.belongs_to(actor, *WHO_MAY):
        raise Forbidden("not_allowed", "Only Finance changes policies.")
