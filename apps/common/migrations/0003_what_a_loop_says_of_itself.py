"""A heartbeat carries figures of its loop, for monitoring."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("common", "0002_outbox_notify_and_history")]

    operations = [
        migrations.AddField("heartbeat", "facts", models.JSONField(db_default={}, default=dict)),
    ]
