"""What a dispute moved is history: the database refuses to change it."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_reversals_and_disputes"), ("common", "0002_outbox_notify_and_history")]

    operations = append_only("payments_dispute_movement")
