"""The rules of double entry, held by PostgreSQL itself.

Every function names its schema and its search path: a temporary table of the same name, which any
role may create, would otherwise be read in place of the ledger's own.
"""

from django.db import migrations

from apps.common.append_only import append_only

COMPOSITE_KEYS = """
ALTER TABLE ledger_journal ADD CONSTRAINT ledger_journal_reverses_same_currency
    FOREIGN KEY (reverses_id, currency) REFERENCES ledger_journal (id, currency);
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_journal_same_currency
    FOREIGN KEY (journal_id, currency) REFERENCES ledger_journal (id, currency);
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_account_same_currency
    FOREIGN KEY (account_id, currency) REFERENCES ledger_account (id, currency);
ALTER TABLE ledger_balance ADD CONSTRAINT ledger_balance_account_same_currency
    FOREIGN KEY (account_id, currency) REFERENCES ledger_account (id, currency);
"""
DROP_COMPOSITE_KEYS = """
ALTER TABLE ledger_balance DROP CONSTRAINT ledger_balance_account_same_currency;
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_account_same_currency;
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_journal_same_currency;
ALTER TABLE ledger_journal DROP CONSTRAINT ledger_journal_reverses_same_currency;
"""

SEAL = """
CREATE FUNCTION ledger_stamp_journal() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.created_xid := pg_current_xact_id()::text::bigint;
    NEW.recorded_at := transaction_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_stamp BEFORE INSERT ON ledger_journal
    FOR EACH ROW EXECUTE FUNCTION ledger_stamp_journal();

-- The time is compared too: after a restore into a new cluster transaction ids start again.
CREATE FUNCTION ledger_refuse_entry_to_sealed_journal() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE journal record;
BEGIN
    SELECT created_xid, recorded_at, effective_at INTO journal
        FROM public.ledger_journal WHERE id = NEW.journal_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'journal % does not exist', NEW.journal_id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entry_has_journal';
    END IF;
    IF journal.created_xid <> pg_current_xact_id()::text::bigint
       OR journal.recorded_at <> transaction_timestamp() THEN
        RAISE EXCEPTION 'journal % is sealed: post a new journal that reverses it', NEW.journal_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_journal_sealed';
    END IF;
    NEW.effective_at := journal.effective_at;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_seal BEFORE INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_entry_to_sealed_journal();
"""
DROP_SEAL = """
DROP TRIGGER ledger_seal ON ledger_entry;
DROP FUNCTION ledger_refuse_entry_to_sealed_journal();
DROP TRIGGER ledger_stamp ON ledger_journal;
DROP FUNCTION ledger_stamp_journal();
"""

BALANCED = """
CREATE FUNCTION ledger_require_balance() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE the_journal bigint; entries bigint; total numeric;
BEGIN
    IF TG_TABLE_NAME = 'ledger_journal' THEN the_journal := NEW.id;
    ELSE the_journal := NEW.journal_id; END IF;
    SELECT count(*), coalesce(sum(amount_minor), 0) INTO entries, total
        FROM public.ledger_entry WHERE journal_id = the_journal;
    IF entries = 0 THEN
        RAISE EXCEPTION 'journal % has no entries', the_journal
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journal_not_empty';
    ELSIF total <> 0 THEN
        RAISE EXCEPTION 'journal % is out of balance by %', the_journal, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journal_balanced';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_journal_balanced AFTER INSERT ON ledger_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_require_balance();
-- On entries as well: SET CONSTRAINTS ... IMMEDIATE fires the journal's own check early.
CREATE CONSTRAINT TRIGGER ledger_entry_balanced AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_require_balance();
"""
DROP_BALANCED = """
DROP TRIGGER ledger_entry_balanced ON ledger_entry;
DROP TRIGGER ledger_journal_balanced ON ledger_journal;
DROP FUNCTION ledger_require_balance();
"""

GUARDED = """
CREATE FUNCTION ledger_open_guarded_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.ledger_balance (account_id, currency, balance_minor)
        VALUES (NEW.id, NEW.currency, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_open_balance AFTER INSERT ON ledger_account
    FOR EACH ROW WHEN (NEW.guarded) EXECUTE FUNCTION ledger_open_guarded_balance();

CREATE FUNCTION ledger_move_guarded_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE public.ledger_balance b SET balance_minor = b.balance_minor + a.side * NEW.amount_minor
        FROM public.ledger_account a
        WHERE a.id = NEW.account_id AND a.guarded AND b.account_id = a.id;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_move_balance AFTER INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_move_guarded_balance();

-- Only the two functions above write here: they run as the table's owner, inside a trigger.
CREATE FUNCTION ledger_guard_balance() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') OR pg_trigger_depth() < 2 OR current_user <>
        (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'ledger_balance follows the entries; it is not written directly'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_balance_follows_entries';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_guard_balance BEFORE INSERT OR UPDATE OR DELETE ON ledger_balance
    FOR EACH ROW EXECUTE FUNCTION ledger_guard_balance();
CREATE TRIGGER ledger_guard_balance_truncate BEFORE TRUNCATE ON ledger_balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard_balance();
"""
DROP_GUARDED = """
DROP TRIGGER ledger_guard_balance_truncate ON ledger_balance;
DROP TRIGGER ledger_guard_balance ON ledger_balance;
DROP FUNCTION ledger_guard_balance();
DROP TRIGGER ledger_move_balance ON ledger_entry;
DROP FUNCTION ledger_move_guarded_balance();
DROP TRIGGER ledger_open_balance ON ledger_account;
DROP FUNCTION ledger_open_guarded_balance();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_ledger"), ("common", "0002_outbox_notify_and_history")]

    operations = [
        migrations.RunSQL(COMPOSITE_KEYS, DROP_COMPOSITE_KEYS),
        migrations.RunSQL(SEAL, DROP_SEAL),
        migrations.RunSQL(BALANCED, DROP_BALANCED),
        migrations.RunSQL(GUARDED, DROP_GUARDED),
        *append_only("ledger_account", "ledger_journal", "ledger_entry"),
    ]
