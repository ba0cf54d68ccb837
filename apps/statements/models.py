"""Closed statements: issued once, never changed. A line belongs to one statement alone."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.common.clock import business_now
from apps.common.ids import make_reference
from apps.common.models import PublicModel
from apps.statements.types import LineKind


class Amounts(models.Model):
    """What a line and a statement both say, in minor units; gross = fees + settled + paid."""

    gross_minor = models.BigIntegerField()
    fees_minor = models.BigIntegerField()
    settled_minor = models.BigIntegerField(help_text="kept for what the sitter owed")
    paid_minor = models.BigIntegerField()

    class Meta:
        abstract = True


def _adds_up(name: str) -> models.CheckConstraint:
    total = F("fees_minor") + F("settled_minor") + F("paid_minor")
    return models.CheckConstraint(condition=Q(gross_minor=total), name=name)


class Statement(PublicModel, Amounts):
    """A sitter's month in one currency. Append-only."""

    number = models.CharField(max_length=16, unique=True, default=make_reference)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    first = models.DateField()
    last = models.DateField()
    timezone = models.CharField(max_length=64)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField(help_text="excluded: the next statement begins here")
    stays = models.PositiveIntegerField()
    issued_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "statement"
        constraints = [
            models.UniqueConstraint(fields=["user", "currency", "start_at"], name="statement_once_a_period"),
            models.CheckConstraint(condition=Q(end_at__gt=F("start_at")), name="statement_has_a_length"),
            _adds_up("statement_adds_up"),
        ]

    def __str__(self) -> str:
        return f"{self.number}, {self.first:%B %Y}"


class StatementLine(Amounts):
    """One payout or one that was taken back. Append-only."""

    id = models.BigAutoField(primary_key=True)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    source = models.CharField(max_length=64, unique=True, help_text="the movement's own id: never on two statements")
    kind = models.CharField(max_length=12, choices=LineKind.choices)
    happened_at = models.DateTimeField()
    booking_id = models.CharField(max_length=64)
    reference = models.CharField(max_length=16)

    class Meta:
        db_table = "statement_line"
        constraints = [_adds_up("statement_line_adds_up")]
