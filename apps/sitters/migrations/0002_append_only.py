"""History of trust and cases cannot be changed, by whoever holds a connection."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("sitters", "0001_vetting_and_nights"), ("common", "0002_outbox_notify_and_history")]

    operations = append_only("sitters_trust_transition", "sitters_case_transition")
