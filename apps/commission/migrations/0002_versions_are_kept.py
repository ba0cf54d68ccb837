"""Versions are history: the database refuses to change or remove one."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("commission", "0001_plans"), ("common", "0002_outbox_notify_and_history")]
    operations = append_only("commission_plan")
