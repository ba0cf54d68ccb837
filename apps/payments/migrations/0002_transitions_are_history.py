"""Transitions are history: the database refuses to change them."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_payments"), ("common", "0002_outbox_notify_and_history")]

    operations = append_only("payments_transition")
