"""Washes of a bay by their start, and events by their receipt, found by index; built without locking the tables."""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("stations", "0008_operations_history_is_append_only")]

    operations = [
        AddIndexConcurrently(
            model_name="wash",
            index=models.Index(fields=["bay", "started_at"], name="wash_of_bay_started"),
        ),
        AddIndexConcurrently(
            model_name="stationevent",
            index=BrinIndex(fields=["received_at"], name="event_received"),
        ),
    ]
