"""Counters of guesses at secrets."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction

from apps.accounts.limits import LimitKey
from apps.common.clock import real_now


@dataclass(frozen=True)
class Judgement:
    """Whether a secret is right; a key that is locked for `wait_seconds` was not judged at all."""

    holds: bool
    wait_seconds: int = 0


class AttemptCounterManager(models.Manager["AttemptCounter"]):
    """The counters, by key."""

    def wait_seconds(self, key: LimitKey) -> int:
        """Return for how many seconds the key is locked; 0 when it is not."""
        row = self.filter(scope=key.limit.scope, digest=key.digest).first()
        return row.wait_seconds(real_now()) if row else 0

    def judge(self, key: LimitKey, holds: Callable[[], bool]) -> "Judgement":
        """Judge a secret under the key's row lock, count a wrong one, forget the count for a right one.

        Judgements of one key come one after the other: wrong ones in parallel cannot get past the
        limit together, and right ones in parallel are all let through.
        """
        now = real_now()
        with transaction.atomic():
            row = self._locked(key, now)
            wait = row.wait_seconds(now)
            if wait:
                return Judgement(holds=False, wait_seconds=wait)
            right = holds()
            if right:
                row.attempts, row.locked_until = 0, None
            else:
                row.add_attempt(key, now)
            row.save(update_fields=["attempts", "window_started_at", "locked_until"])
        return Judgement(holds=right)

    def count_attempt(self, key: LimitKey) -> int:
        """Count one attempt; return 0, or the seconds to wait when the key was locked already.

        Counted before the secret is judged, under a row lock: guesses in parallel cannot get past
        the limit together.
        """
        now = real_now()
        with transaction.atomic():
            row = self._locked(key, now)
            wait = row.wait_seconds(now)
            if not wait:
                row.add_attempt(key, now)
                row.save(update_fields=["attempts", "window_started_at", "locked_until"])
        return wait

    def forgive(self, key: LimitKey) -> None:
        """Start again at zero: the secret was right."""
        self.filter(scope=key.limit.scope, digest=key.digest).update(attempts=0, locked_until=None)

    def _locked(self, key: LimitKey, now: datetime) -> "AttemptCounter":
        row, _ = self.select_for_update().get_or_create(
            scope=key.limit.scope, digest=key.digest, defaults={"window_started_at": now}
        )
        return row


class AttemptCounter(models.Model):
    """How often a secret was guessed at lately; keys are digests and name nobody."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    attempts = models.PositiveIntegerField(default=0)
    window_started_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    objects = AttemptCounterManager()

    class Meta:
        db_table = "accounts_attempt_counter"
        constraints = [models.UniqueConstraint(fields=["scope", "digest"], name="attempt_counter_once")]
        indexes = [models.Index(fields=["window_started_at"], name="attempt_counter_age")]

    def wait_seconds(self, now: datetime) -> int:
        """Return the whole seconds until the lock ends, rounded up; 0 without a lock."""
        if self.locked_until is None:
            return 0
        return max(0, math.ceil((self.locked_until - now).total_seconds()))

    def add_attempt(self, key: LimitKey, now: datetime) -> None:
        """Count one more, in a new window when the old one or a lock is over; lock at the limit."""
        limit = key.limit
        if self.locked_until is not None or self.window_started_at + limit.window <= now:
            self.attempts, self.window_started_at, self.locked_until = 0, now, None
        self.attempts += 1
        if self.attempts >= limit.attempts:
            self.locked_until = now + limit.lockout
