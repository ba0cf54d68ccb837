"""Who proposed, sent, rejected or saw a transfer come back, and why, cannot be rewritten."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("escrow", "0012_bank_refunds"), ("common", "0002_outbox_notify_and_history")]
    operations = append_only("escrow_bank_refund_change")
