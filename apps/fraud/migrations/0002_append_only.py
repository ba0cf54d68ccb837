"""What was flagged cannot be changed, by whoever holds a connection."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("fraud", "0001_flagged_messages"), ("common", "0002_outbox_notify_and_history")]

    operations = append_only("fraud_log")
