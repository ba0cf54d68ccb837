"""What was issued stays as it was issued: the database refuses to change or remove it."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("statements", "0001_statements"), ("common", "0002_outbox_notify_and_history")]
    operations = append_only("statement", "statement_line")
