"""Where a wash has been is history: the database refuses to change it."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0010_bays_lock_and_washes_move"),
        ("common", "0002_outbox_notify_and_history"),
    ]

    operations = append_only("stations_washmove")
