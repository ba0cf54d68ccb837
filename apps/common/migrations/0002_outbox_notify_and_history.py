"""The relay's wake-up call, and the trigger function of append-only tables."""

from django.db import migrations

from apps.common.append_only import DROP_FUNCTION_SQL, FUNCTION_SQL, append_only

NOTIFY_SQL = """
CREATE FUNCTION petwash_outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('petwash_outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER common_outbox_event_notify AFTER INSERT ON common_outbox_event
    FOR EACH STATEMENT EXECUTE FUNCTION petwash_outbox_notify();
"""
DROP_NOTIFY_SQL = """
DROP TRIGGER common_outbox_event_notify ON common_outbox_event;
DROP FUNCTION petwash_outbox_notify();
"""


class Migration(migrations.Migration):
    dependencies = [("common", "0001_kernel")]

    operations = [
        migrations.RunSQL(FUNCTION_SQL, DROP_FUNCTION_SQL),
        migrations.RunSQL(NOTIFY_SQL, DROP_NOTIFY_SQL),
        *append_only("common_audit_entry"),
    ]
