"""The steps of a no-show review cannot be rewritten, whatever the code does."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("bookings", "0007_no_show_reviews"), ("common", "0002_outbox_notify_and_history")]
    operations = append_only("booking_no_show_entry")
