"""The history of bookings cannot be rewritten, whatever the code does."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("bookings", "0001_bookings"), ("common", "0002_outbox_notify_and_history")]
    operations = append_only("booking_transition")
