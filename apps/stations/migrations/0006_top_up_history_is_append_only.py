"""The moves of a top-up are history: the database refuses to change them."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0005_top_ups"),
        ("common", "0002_outbox_notify_and_history"),
    ]

    operations = append_only("stations_topuptransition")
