"""Who froze, paused or changed a policy, and why, cannot be rewritten."""

from django.db import migrations

from apps.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("escrow", "0006_freezes_policies_and_runs"), ("common", "0002_outbox_notify_and_history")]
    operations = append_only(
        "escrow_freeze_change", "escrow_freeze_limit", "escrow_hold_policy", "escrow_standing_change"
    )
