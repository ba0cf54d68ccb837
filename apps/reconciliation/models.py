"""Two mirrors (the gateway's entries, our booked movements), runs that compare them, and breaks."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.reconciliation.states import LIVE, BreakClass, BreakStatus, Kind, ProposalStatus, RunStatus


class Run(PublicModel):
    """One comparison; at most one is at work, held by a lease that it renews."""

    status = models.CharField(max_length=20, choices=RunStatus, default=RunStatus.RUNNING)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    until = models.DateTimeField(null=True, help_text="compared as of this instant; empty: as of the run")
    started_at = models.DateTimeField(default=real_now)
    finished_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField()
    lease_until = models.DateTimeField()
    mirrored_until = models.DateTimeField(null=True, help_text="every older entry of the gateway is mirrored")
    entry_mark = models.BigIntegerField(default=0, help_text="the last mirrored entry that was compared")
    movement_mark = models.BigIntegerField(default=0, help_text="the last booked movement that was compared")
    new_entries = models.PositiveIntegerField(default=0)
    payouts_posted = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    breaks_new = models.PositiveIntegerField(default=0)
    breaks_resolved = models.PositiveIntegerField(default=0)
    breaks_open = models.PositiveIntegerField(default=0)
    gateway_stood_still = models.BooleanField(null=True, help_text="while its balance was compared with its entries")
    failure = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "reconciliation_run"
        constraints = [
            models.UniqueConstraint(fields=["status"], condition=Q(status="running"), name="reconciliation_one_run"),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk} of {self.started_at:%d %b %Y, %H:%M}"


class GatewayEntry(models.Model):
    """One line of our balance at the gateway, as it was when first seen; append-only."""

    gateway_id = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=60)
    source_id = models.CharField(max_length=64, blank=True, default="")
    kind = models.CharField(max_length=20, choices=Kind)
    match_id = models.CharField(max_length=64, help_text="where it meets our books")
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    mirrored_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "reconciliation_gateway_entry"
        verbose_name_plural = "gateway entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(net_minor=models.F("amount_minor") - models.F("fee_minor")), name="gateway_entry_net"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "match_id"], name="gateway_entry_match"),
            models.Index(fields=["currency", "created_at"], include=["net_minor"], name="gateway_entry_sum"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {Money(self.amount_minor, self.currency)}, {self.gateway_id}"


class BookedMovement(models.Model):
    """One movement that our books hold as done, copied when first compared; append-only.

    fee_minor is what the gateway kept with it; expense_minor what was booked on the accounts of its fees.
    """

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    match_id = models.CharField(max_length=64)
    our_id = models.CharField(max_length=64, blank=True, default="")
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    expense_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    cause = models.CharField(max_length=200, blank=True, default="", help_text="at most one movement may have it")
    parent_id = models.CharField(max_length=64, blank=True, default="")
    source_cursor = models.BigIntegerField(default=0)
    settled_at = models.DateTimeField()

    class Meta:
        db_table = "reconciliation_booked_movement"
        indexes = [
            models.Index(fields=["kind", "match_id"], name="booked_movement_match"),
            models.Index(fields=["our_id"], name="booked_movement_ours"),
            models.Index(fields=["parent_id"], condition=~Q(parent_id=""), name="booked_movement_parent"),
            models.Index(fields=["cause"], condition=~Q(cause=""), name="booked_movement_cause"),
            models.Index(fields=["source_cursor"], name="booked_movement_cursor"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {Money(self.amount_minor, self.currency)}, {self.our_id or self.match_id}"


class EntryOrigin(models.Model):
    """Which of our ids the gateway's object carries; asked once for an entry that nobody knows. Append-only."""

    entry = models.OneToOneField(GatewayEntry, on_delete=models.PROTECT, related_name="origin")
    our_id = models.CharField(max_length=64, blank=True, default="")
    asked_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "reconciliation_entry_origin"

    def __str__(self) -> str:
        return self.our_id or "nobody's"


class RunTotal(models.Model):
    """One currency of a run: ledger = gateway + in flight + breaks + unexplained. Append-only."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="totals")
    currency = models.CharField(max_length=3)
    ledger_minor = models.BigIntegerField(help_text="the ledger's clearing account")
    gateway_minor = models.BigIntegerField(help_text="the sum of the mirrored entries")
    balance_minor = models.BigIntegerField(null=True, help_text="available + pending, as the gateway says")
    in_flight_minor = models.BigIntegerField()
    breaks_minor = models.BigIntegerField()
    unexplained_minor = models.BigIntegerField()
    fees_booked_minor = models.BigIntegerField(help_text="the ledger's accounts of the gateway's fees")
    fees_expected_minor = models.BigIntegerField()

    class Meta:
        db_table = "reconciliation_run_total"
        constraints = [
            models.UniqueConstraint(fields=["run", "currency"], name="run_total_once"),
            models.CheckConstraint(
                condition=Q(
                    ledger_minor=models.F("gateway_minor")
                    + models.F("in_flight_minor")
                    + models.F("breaks_minor")
                    + models.F("unexplained_minor")
                ),
                name="run_total_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} of run {self.run_id}"


class RunItem(models.Model):
    """One movement that differed in a run: in flight, or a break. Append-only."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="items")
    kind = models.CharField(max_length=20, choices=Kind)
    match_id = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    ours_minor = models.BigIntegerField(null=True)
    theirs_minor = models.BigIntegerField(null=True)
    difference_minor = models.BigIntegerField()
    break_class = models.CharField(
        max_length=30, choices=BreakClass, blank=True, default="", help_text="empty: in flight"
    )

    class Meta:
        db_table = "reconciliation_run_item"
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "match_id", "currency"], name="run_item_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.match_id}"


class Break(PublicModel):
    """Gateway and books disagree. Never deleted; one that comes back is a new row."""

    break_class = models.CharField("class", max_length=30, choices=BreakClass)
    reference = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=Kind)
    match_id = models.CharField("at the gateway", max_length=64, blank=True, default="")
    our_id = models.CharField("our id", max_length=64, blank=True, default="")
    currency = models.CharField(max_length=3)
    ours_minor = models.BigIntegerField(null=True)
    theirs_minor = models.BigIntegerField(null=True)
    difference_minor = models.BigIntegerField()
    status = models.CharField(max_length=20, choices=BreakStatus, default=BreakStatus.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    first_seen_at = models.DateTimeField(default=real_now)
    last_seen_at = models.DateTimeField(default=real_now)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "reconciliation_break"
        constraints = [
            models.UniqueConstraint(fields=["reference"], condition=Q(status__in=LIVE), name="break_live_once"),
            models.CheckConstraint(
                condition=Q(status="resolved", resolved_at__isnull=False)
                | ~Q(status="resolved") & Q(resolved_at__isnull=True),
                name="break_resolved_at_an_instant",
            ),
        ]
        indexes = [models.Index(fields=["status", "first_seen_at"], name="break_by_age")]

    def __str__(self) -> str:
        return f"{self.get_break_class_display()}: {self.difference}, {self.match_id or self.currency}"

    @property
    def difference(self) -> Money:
        """Ours less the gateway's."""
        return Money(self.difference_minor, self.currency)


class BreakChange(models.Model):
    """What happened to a break, by whom and why; append-only."""

    break_row = models.ForeignKey(Break, on_delete=models.PROTECT, related_name="changes")
    what = models.CharField(max_length=30)
    from_status = models.CharField(max_length=20, blank=True, default="")
    to_status = models.CharField(max_length=20)
    difference_minor = models.BigIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True, default="")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, related_name="+")
    happened_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "reconciliation_break_change"

    def __str__(self) -> str:
        return f"{self.what} {self.happened_at:%d %b %Y, %H:%M}"


class Proposal(PublicModel):
    """A journal that one member of Finance proposes for a break and another one posts or rejects."""

    break_row = models.ForeignKey(Break, on_delete=models.PROTECT, related_name="proposals")
    counter_account = models.CharField(max_length=40)
    difference_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=ProposalStatus, default=ProposalStatus.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=real_now)
    reason = models.CharField(max_length=200)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    journal_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "reconciliation_proposal"
        constraints = [
            models.UniqueConstraint(
                fields=["break_row"], condition=Q(status="proposed"), name="proposal_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("proposed_by")) | Q(status="rejected"),
                name="proposal_posted_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{Money(self.difference_minor, self.currency)} against {self.counter_account}"
