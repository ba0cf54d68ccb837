"""Visits, refills and limits are history; a sample may go when it is older than 14 days, and never changes."""

from django.db import migrations

from apps.common.append_only import append_only

SAMPLES_SQL = """
CREATE FUNCTION stations_refuse_change_of_samples() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.minute < now() - interval '14 days' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'rows of % are append-only for 14 days: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stations_tanksample_append_only BEFORE UPDATE OR DELETE ON stations_tanksample
    FOR EACH ROW EXECUTE FUNCTION stations_refuse_change_of_samples();
CREATE TRIGGER stations_tanksample_no_truncate BEFORE TRUNCATE ON stations_tanksample
    FOR EACH STATEMENT EXECUTE FUNCTION petwash_refuse_change();
"""
DROP_SQL = """
DROP TRIGGER stations_tanksample_append_only ON stations_tanksample;
DROP TRIGGER stations_tanksample_no_truncate ON stations_tanksample;
DROP FUNCTION stations_refuse_change_of_samples();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0007_levels_visits_and_limits"),
        ("common", "0002_outbox_notify_and_history"),
    ]

    operations = [
        *append_only("stations_maintenancevisit", "stations_refill", "stations_chemicallimits"),
        migrations.RunSQL(SAMPLES_SQL, DROP_SQL),
    ]
