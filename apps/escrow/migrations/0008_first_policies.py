"""The policies that hold from the start, and a freeze for each hold that is marked as frozen."""

from datetime import UTC, datetime

from django.db import migrations

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
# Two people for more than 10,000 of a large currency, and a like sum in yen.
LIMITS = {"USD": 1_000_000, "EUR": 1_000_000, "GBP": 1_000_000, "CAD": 1_000_000, "AUD": 1_000_000, "JPY": 1_500_000}


def add_policies(apps, schema_editor):
    policies, limits = apps.get_model("escrow", "HoldPolicy"), apps.get_model("escrow", "FreezeLimit")
    policies.objects.create(hold_hours=24, effective_at=SINCE, reason="24 hours after the stay, for everybody")
    for currency, limit in LIMITS.items():
        limits.objects.create(currency=currency, limit_minor=limit, effective_at=SINCE, reason="the first limits")


def add_freezes(apps, schema_editor):
    freezes, changes = apps.get_model("escrow", "Freeze"), apps.get_model("escrow", "FreezeChange")
    for hold in apps.get_model("escrow", "Hold").objects.filter(frozen_at__isnull=False).iterator():
        last = hold.blocker_changes.filter(blocker="freeze", set_on=True).order_by("id").last()
        reason, actor = (last.reason, last.actor_id) if last else ("frozen before freezes had a history", None)
        row = freezes.objects.create(
            scope="booking", booking_id=hold.booking_id, reason=reason, placed_by_id=actor, placed_at=hold.frozen_at
        )
        changes.objects.create(freeze=row, step="placed", actor_id=actor, reason=reason, happened_at=hold.frozen_at)


class Migration(migrations.Migration):
    dependencies = [("escrow", "0007_append_only_control")]
    operations = [
        migrations.RunPython(add_policies, migrations.RunPython.noop),
        migrations.RunPython(add_freezes, migrations.RunPython.noop),
    ]
