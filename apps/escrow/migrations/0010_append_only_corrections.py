"""What happened to debts and disputes cannot be rewritten."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("escrow", "0009_claw_backs_debts_and_disputes"), ("common", "0002_outbox_notify_and_history")]
    operations = append_only("escrow_receivable_change", "escrow_dispute_change")
