"""Tables whose rows are history: the database itself refuses UPDATE, DELETE and TRUNCATE."""

from django.db import migrations

# The function is created by the kernel's second migration.
FUNCTION_SQL = """
CREATE OR REPLACE FUNCTION petwash_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""
DROP_FUNCTION_SQL = "DROP FUNCTION IF EXISTS petwash_refuse_change();"


def append_only(*tables: str) -> list[migrations.RunSQL]:
    """Return migration operations that make the tables append-only.

    The migration must depend on ("common", "0002_outbox_notify_and_history").
    """
    return [migrations.RunSQL(_create(table), _drop(table)) for table in tables]


def _create(table: str) -> str:
    return f"""
    CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON "{table}"
        FOR EACH ROW EXECUTE FUNCTION petwash_refuse_change();
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON "{table}"
        FOR EACH STATEMENT EXECUTE FUNCTION petwash_refuse_change();
    """


def _drop(table: str) -> str:
    return f"""
    DROP TRIGGER IF EXISTS {table}_append_only ON "{table}";
    DROP TRIGGER IF EXISTS {table}_no_truncate ON "{table}";
    """
