"""The history of holds cannot be rewritten, whatever the code does."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("escrow", "0001_holds"), ("common", "0002_outbox_notify_and_history")]
    operations = append_only("escrow_hold_transition", "escrow_due_change", "escrow_blocker_change")
