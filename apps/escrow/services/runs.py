"""The payout run: finds what is due, asks whether the cash is there, claims by fifties, sends, writes down."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum

from apps.common.clock import business_now
from apps.common.errors import DomainError, Unavailable
from apps.common.money import Money
from apps.escrow.gate import one_run_at_a_time, pass_gate
from apps.escrow.models import Hold, PayoutRun, Release, ReleasePart
from apps.escrow.services.claims import Plan, claim_all, plan_all
from apps.escrow.services.releases import claim, transfers_of
from apps.payments import selectors as payments_q
from apps.payments import services as payments

logger = logging.getLogger(__name__)

BATCH = 50
IDLE_KEPT = timedelta(hours=24)
_REASON = "payout due"


def release_due_payouts() -> int:
    """Pay out all holds that are due, fifty at a time; return how many transfers were made.

    Safe to run in parallel and to kill: a claimed hold is skipped by every other run and finished by the
    payments app. A payee who cannot be paid and a gateway that is down for one transfer stop nobody else.
    Without the gateway's word on our cash nothing is claimed; without enough cash in a currency, no more of it.
    """
    run = PayoutRun.objects.create()
    if Hold.objects.payable(business_now()).exists():
        try:
            _pay(run, Budget.read())
        except Unavailable as down:
            run.stopped_by = f"{down.code}: the cash cover is not known; the next run asks again"
            logger.warning("payout run stopped", extra={"why": down.code})
    run.finished_at = business_now()
    run.save(update_fields=["finished_at", "stopped_by"])
    return run.started


def forget_idle_runs() -> int:
    """Forget runs of more than a day ago that found nothing; return how many."""
    before = business_now() - IDLE_KEPT
    idle = PayoutRun.objects.filter(started_at__lt=before, claimed=0, stopped_by="", finished_at__isnull=False)
    return idle.filter(postponed={}).delete()[0]


@dataclass
class Budget:
    """What may leave, by currency: the gateway's available and pending, less what is on its way out already.

    Pending counts, since a transfer is drawn from its own charge.
    """

    cash: dict[str, Money]
    since_part: int
    refused: dict[str, str] = field(default_factory=dict)
    claimed: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Budget":
        """Ask the gateway, outside any transaction. Raises: Unavailable `gateway_unavailable`."""
        since_part = ReleasePart.objects.aggregate(last=Max("id"))["last"] or 0
        leaving = payments_q.outstanding()
        facts = payments.balance()
        cash: dict[str, Money] = {}
        for amounts in (facts.available, facts.pending):
            for currency, amount in amounts.items():
                cash[currency] = cash.get(currency, Money.zero(currency)) + amount
        for currency, amount in leaving.items():
            cash[currency] = cash.get(currency, Money.zero(currency)) - amount
        return cls(cash, since_part)

    def look(self) -> None:
        """Add up every payout claimed since the reading, whoever claimed it: once a batch, not once a payout.

        A payout that a sitter asks for while a batch is claimed counts from the next one on; what our account
        does not hold after all, the gateway refuses, and it is due again.
        """
        parts = ReleasePart.objects.filter(pk__gt=self.since_part).exclude(transfer_id="")
        sums = parts.values("release__currency").annotate(total=Sum("payout_minor")).order_by()
        self.claimed = {row["release__currency"]: row["total"] for row in sums}

    def covers(self, payout: Money) -> bool:
        """Count a payout of the batch under way, or stop its currency when our cash does not cover it.

        Who waits longest waits for cash; nobody overtakes.
        """
        left = self.left(payout.currency)
        if payout and (left - payout).amount_minor < 0:
            self.refused[payout.currency] = f"{payout} is due next, {left} covered"
            return False
        self.claimed[payout.currency] = self.claimed.get(payout.currency, 0) + payout.amount_minor
        return True

    def give_back(self, payout: Money) -> None:
        """Take a payout out of the count that was not claimed after all."""
        self.claimed[payout.currency] -= payout.amount_minor

    def left(self, currency: str) -> Money:
        """Return what is left after what was seen at the last look and spent since."""
        return self.cash.get(currency, Money.zero(currency)) - Money(self.claimed.get(currency, 0), currency)


class _NotCovered(Exception):
    """A payout would leave more than our account at the gateway covers."""


@dataclass
class _Batch:
    """One claim of up to fifty: how many rows it looked at, and the transfers to be sent."""

    seen: int = 0
    transfers: list[str] = field(default_factory=list)
    postponed: Counter[str] = field(default_factory=Counter)
    claimed: int = 0


def _pay(run: PayoutRun, budget: Budget) -> None:
    while (batch := _claim_batch(run, budget)).seen:
        run.started += payments.execute_transfers(batch.transfers)
        run.save(update_fields=["started"])


def _claim_batch(run: PayoutRun, budget: Budget) -> _Batch:
    """Claim up to fifty due holds and write down what came of it, in one transaction."""
    batch = _Batch()
    with transaction.atomic(durable=True):
        pass_gate()
        one_run_at_a_time()
        budget.look()
        due = Hold.objects.payable(business_now()).exclude(currency__in=list(budget.refused))
        holds = list(due.select_for_update(skip_locked=True, of=("self",))[:BATCH])
        batch.seen = len(holds)
        _claim_each(holds, budget, batch)
        _write_down(run, budget, batch)
    return batch


def _claim_each(holds: Sequence[Hold], budget: Budget, batch: _Batch) -> None:
    """Claim together what can be; one by one, in the order in which they are due, what is special or went wrong."""
    plans, refused, together = plan_all(holds), dict(budget.refused), []
    for hold in holds:
        if hold.currency in budget.refused:
            continue
        if hold.pk not in plans:
            _claim_or_postpone(hold, budget, batch)
        elif budget.covers(plans[hold.pk].payout):
            together.append(plans[hold.pk])
    if together and not _claim_together(together, batch):
        # What cash does not cover was found with all of them counted; one that goes wrong leaves its share.
        budget.refused = refused
        for plan in together:
            budget.give_back(plan.payout)
        for plan in together:
            if plan.hold.currency not in budget.refused:
                _claim_or_postpone(Hold.objects.get(pk=plan.hold.pk), budget, batch)


def _claim_together(plans: Sequence[Plan], batch: _Batch) -> bool:
    """Claim planned holds; tell whether that went well, and change nothing when it did not."""
    try:
        with transaction.atomic():
            transfers = claim_all(plans, _REASON)
    except Exception:
        logger.exception("payouts not claimed together")
        return False
    batch.claimed += len(plans)
    batch.transfers += transfers
    return True


def _claim_or_postpone(hold: Hold, budget: Budget, batch: _Batch) -> None:
    try:
        with transaction.atomic():
            release = claim(hold, None, _REASON)
            _refuse_uncovered(release, budget)
    except _NotCovered:
        return
    except Exception as problem:
        # Whatever is wrong with one payee is that payee's alone; the hold is looked at again later.
        code = problem.code if isinstance(problem, DomainError) else type(problem).__name__
        due = business_now() + settings.PAYOUT_RETRY_AFTER
        Hold.objects.filter(pk=hold.pk).update(next_attempt_at=due, last_problem=code[:80])
        batch.postponed[code] += 1
        logger.warning("payout postponed", extra={"hold": str(hold.public_id), "why": code})
        return
    batch.claimed += 1
    batch.transfers += transfers_of(release)


def _refuse_uncovered(release: Release, budget: Budget) -> None:
    """Undo a claim that our cash does not cover."""
    if not budget.covers(Money(release.payout_minor, release.currency)):
        raise _NotCovered


def _write_down(run: PayoutRun, budget: Budget, batch: _Batch) -> None:
    run.claimed += batch.claimed
    run.postponed = dict(Counter(run.postponed) + batch.postponed)
    run.stopped_by = "; ".join(f"cash cover: {why}" for _, why in sorted(budget.refused.items()))[:300]
    run.save(update_fields=["claimed", "postponed", "stopped_by"])
