"""What was mirrored, compared and done is history, and a break is never deleted: the database sees to it."""

from django.db import migrations

from apps.common.append_only import append_only

KEEP_SQL = """
CREATE TRIGGER {table}_kept BEFORE DELETE ON "{table}"
    FOR EACH ROW EXECUTE FUNCTION petwash_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON "{table}"
    FOR EACH STATEMENT EXECUTE FUNCTION petwash_refuse_change();
"""
FREE_SQL = """
DROP TRIGGER IF EXISTS {table}_kept ON "{table}";
DROP TRIGGER IF EXISTS {table}_no_truncate ON "{table}";
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0001_mirror_runs_and_breaks"),
        ("common", "0002_outbox_notify_and_history"),
    ]

    operations = [
        *append_only(
            "reconciliation_gateway_entry",
            "reconciliation_booked_movement",
            "reconciliation_entry_origin",
            "reconciliation_run_total",
            "reconciliation_run_item",
            "reconciliation_break_change",
        ),
        *[
            migrations.RunSQL(KEEP_SQL.format(table=table), FREE_SQL.format(table=table))
            for table in ("reconciliation_break", "reconciliation_proposal", "reconciliation_run")
        ],
    ]
