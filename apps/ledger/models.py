"""Rows of the double-entry ledger. Private to this app; the rules live in the database itself.

Triggers and composite foreign keys stand in migrations 0002, 0007, 0009 and 0012; each has an attack in the tests.
"""

from datetime import UTC, datetime

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import PublicModel
from apps.ledger.chart import CHART

_OWNED = [kind.name for kind in CHART.values() if kind.owned]
_COMMON = [kind.name for kind in CHART.values() if not kind.owned]
_GUARDED = [kind.name for kind in CHART.values() if kind.guarded]
_DEBIT = [kind.name for kind in CHART.values() if kind.side == 1]
_CREDIT = [kind.name for kind in CHART.values() if kind.side == -1]
_CENTURY = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
MOST_MINOR = 10**15  # thousands of such entries still add up within a bigint


class Account(models.Model):
    """One account in one currency; never changed once opened."""

    kind = models.CharField(max_length=40)
    owner = models.CharField(max_length=64, blank=True, default="")
    currency = models.CharField(max_length=3)
    side = models.SmallIntegerField(help_text="+1: naturally a debit balance; -1: a credit one")
    guarded = models.BooleanField()
    opened_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "ledger_account"
        constraints = [
            models.UniqueConstraint(fields=["kind", "owner", "currency"], name="ledger_account_once"),
            models.UniqueConstraint(fields=["id", "currency"], name="ledger_account_currency"),
            models.CheckConstraint(
                condition=Q(kind__in=_OWNED) & ~Q(owner="") | Q(kind__in=_COMMON, owner=""),
                name="ledger_account_of_the_chart",
            ),
            models.CheckConstraint(
                condition=Q(guarded=True, kind__in=_GUARDED) | Q(guarded=False) & ~Q(kind__in=_GUARDED),
                name="ledger_account_guarded_by_kind",
            ),
            models.CheckConstraint(
                condition=Q(side=1, kind__in=_DEBIT) | Q(side=-1, kind__in=_CREDIT),
                name="ledger_account_side_by_kind",
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="ledger_account_iso_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.owner}" if self.owner else self.kind


class Journal(PublicModel):
    """One event of money: entries that add up to zero, sealed when its transaction ends."""

    idempotency_key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    effective_at = models.DateTimeField(help_text="the business instant at which it counts")
    recorded_at = models.DateTimeField(editable=False, help_text="set by the database")
    created_xid = models.BigIntegerField(editable=False, help_text="set by the database: the seal")
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, db_constraint=False, related_name="reversals"
    )

    class Meta:
        db_table = "ledger_journal"
        constraints = [
            models.UniqueConstraint(fields=["id", "currency"], name="ledger_journal_currency"),
            models.CheckConstraint(condition=~Q(idempotency_key="") & ~Q(kind=""), name="ledger_journal_named"),
            models.CheckConstraint(
                condition=Q(effective_at__gte=_CENTURY[0], effective_at__lt=_CENTURY[1]),
                name="ledger_journal_in_this_century",
            ),
        ]

    def __str__(self) -> str:
        return f"Journal {self.pk}: {self.kind}"


class Entry(models.Model):
    """One leg: a signed amount in minor units, debit positive."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    effective_at = models.DateTimeField(editable=False, help_text="the journal's, by the database")

    class Meta:
        verbose_name_plural = "entries"
        db_table = "ledger_entry"
        constraints = [
            models.UniqueConstraint(fields=["journal", "account"], name="ledger_entry_once_an_account"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="ledger_entry_moves_money"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=-MOST_MINOR, amount_minor__lte=MOST_MINOR),
                name="ledger_entry_within_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "effective_at"],
                include=["amount_minor"],
                name="ledger_entry_balance",
            ),
            BrinIndex(fields=["effective_at"], autosummarize=True, pages_per_range=32, name="ledger_entry_instant"),
        ]

    def __str__(self) -> str:
        return f"Entry {self.pk} of journal {self.journal_id}"


class Balance(models.Model):
    """The natural balance of one guarded account; only the entries' trigger may write it."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, db_constraint=False)
    currency = models.CharField(max_length=3)
    balance_minor = models.BigIntegerField()

    class Meta:
        db_table = "ledger_balance"
        constraints = [
            models.CheckConstraint(condition=Q(balance_minor__gte=0), name="ledger_balance_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.account)


class Cut(models.Model):
    """A number of an entry up to which the entries are final; the database decides it, whoever asks."""

    id = models.BigIntegerField(primary_key=True, editable=False, help_text="set by the database")
    up_to_entry = models.BigIntegerField(unique=True, editable=False, help_text="set by the database")
    made_at = models.DateTimeField(editable=False, help_text="set by the database")

    class Meta:
        db_table = "ledger_cut"

    def __str__(self) -> str:
        return f"Cut at entry {self.up_to_entry}"


class Total(models.Model):
    """What one cut found anew for one day; late entries make another row."""

    id = models.BigAutoField(primary_key=True)
    cut = models.ForeignKey(Cut, on_delete=models.PROTECT, db_index=False)
    day = models.DateField(help_text="of the entries' effective instant, in UTC")
    total_minor = models.DecimalField(max_digits=30, decimal_places=0)
    entries = models.BigIntegerField()

    class Meta:
        abstract = True


class DayTotal(Total):
    """The total of an account of the company's."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)

    class Meta:
        db_table = "ledger_day_total"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "day", "cut"], include=["total_minor"], name="ledger_day_total_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} on {self.day}"


class KindTotal(Total):
    """The total of a kind of account that bookings or sitters own."""

    kind = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)

    class Meta:
        db_table = "ledger_kind_total"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "currency", "day", "cut"], include=["total_minor"], name="ledger_kind_total_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.day}"
