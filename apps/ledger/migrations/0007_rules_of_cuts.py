"""A cut is decided by the database alone, at an entry below which nothing can change any more.

Entries draw their number while their transaction holds an id, and the seal draws it, whatever number
was asked for. So: read the last number drawn (H), then the first transaction id not yet given (X); once
no transaction below X runs, every entry up to H is there for good or never will be. Days are UTC's.
"""

from django.db import migrations

from apps.common.append_only import append_only

DRAW = """
CREATE FUNCTION ledger_draw_entry_id() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.id := nextval('public.ledger_entry_id_seq');
    RETURN NEW;
END $$;
-- Triggers fire in the order of their names: after ledger_seal, which proves that this
-- transaction wrote the journal and therefore has an id.
CREATE TRIGGER ledger_seal_draw BEFORE INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_draw_entry_id();
"""
DROP_DRAW = """
DROP TRIGGER ledger_seal_draw ON ledger_entry;
DROP FUNCTION ledger_draw_entry_id();
"""

CUT = """
CREATE FUNCTION ledger_decide_cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE patience integer := 100; first_later xid8;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'a cut must see what others commit: make it in READ COMMITTED'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_cut_sees_commits';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('ledger_cut', 0)) THEN
        RETURN NULL; -- another session makes one now
    END IF;
    SELECT last_value INTO NEW.up_to_entry FROM public.ledger_entry_id_seq;
    IF NEW.up_to_entry <= (SELECT coalesce(max(up_to_entry), 1) FROM public.ledger_cut) THEN
        RETURN NULL; -- nothing new
    END IF;
    SELECT pg_snapshot_xmax(pg_current_snapshot()) INTO first_later;
    WHILE EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) AS running
                  WHERE running < first_later
                    AND running IS DISTINCT FROM pg_current_xact_id_if_assigned()) LOOP
        patience := patience - 1;
        IF patience = 0 THEN RETURN NULL; END IF; -- a long transaction: the next cut takes its entries
        PERFORM pg_sleep(0.05);
    END LOOP;
    NEW.made_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_decide_cut BEFORE INSERT ON ledger_cut
    FOR EACH ROW EXECUTE FUNCTION ledger_decide_cut();

-- Owned accounts (a booking's, a sitter's) have few entries; those of the whole company have all.
CREATE FUNCTION ledger_total_days() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.ledger_day_total (cut_id, account_id, day, total_minor, entries)
    SELECT NEW.id, e.account_id, (e.effective_at AT TIME ZONE 'UTC')::date, sum(e.amount_minor), count(*)
    FROM public.ledger_entry e JOIN public.ledger_account a ON a.id = e.account_id AND a.owner = ''
    WHERE e.id <= NEW.up_to_entry
      AND e.id > (SELECT coalesce(max(up_to_entry), 0) FROM public.ledger_cut WHERE id <> NEW.id)
    GROUP BY 2, 3;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_total_days AFTER INSERT ON ledger_cut
    FOR EACH ROW EXECUTE FUNCTION ledger_total_days();

CREATE FUNCTION ledger_guard_day_total() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF pg_trigger_depth() < 2 OR current_user <>
        (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'ledger_day_total follows the cuts; it is not written directly'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_day_total_follows_cuts';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_guard_day_total BEFORE INSERT ON ledger_day_total
    FOR EACH ROW EXECUTE FUNCTION ledger_guard_day_total();
"""
DROP_CUT = """
DROP TRIGGER ledger_guard_day_total ON ledger_day_total;
DROP FUNCTION ledger_guard_day_total();
DROP TRIGGER ledger_total_days ON ledger_cut;
DROP FUNCTION ledger_total_days();
DROP TRIGGER ledger_decide_cut ON ledger_cut;
DROP FUNCTION ledger_decide_cut();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_cuts"), ("common", "0002_outbox_notify_and_history")]

    operations = [
        migrations.RunSQL(DRAW, DROP_DRAW),
        migrations.RunSQL(CUT, DROP_CUT),
        *append_only("ledger_cut", "ledger_day_total"),
    ]
