"""A cut waits for every transaction that could still write below it, takes its number itself, and totals kinds, too.

What was wrong: the bound for waiting was the snapshot's `xmax`, which is one above the last transaction that
*ended*. A younger one that still ran was not waited for, and its entries were missing from the totals for good.
Now the bound is the cut's own transaction id, drawn after the last entry's number was read: whoever drew a
number up to there has a lower id. So a cut is the first write of its transaction.

Numbers of cuts rise with what they cover: totals are read "up to a cut", and a number given by hand would let
totals count that the cut does not cover. Totals made so far are dropped; the next cut makes them anew.
"""

from django.db import migrations

from apps.common.append_only import append_only

DECIDE = """
CREATE OR REPLACE FUNCTION ledger_decide_cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE patience integer := 100; own xid8;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'a cut must see what others commit: make it in READ COMMITTED'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_cut_sees_commits';
    END IF;
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        RAISE EXCEPTION 'a cut is the first write of its transaction'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_cut_comes_first';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('ledger_cut', 0)) THEN
        RETURN NULL; -- another session makes one now
    END IF;
    SELECT last_value INTO NEW.up_to_entry FROM public.ledger_entry_id_seq;
    IF NEW.up_to_entry <= (SELECT coalesce(max(up_to_entry), 1) FROM public.ledger_cut) THEN
        RETURN NULL; -- nothing new
    END IF;
    own := pg_current_xact_id(); -- drawn here: above the id of whoever drew a number so far
    WHILE pg_snapshot_xmin(pg_current_snapshot()) < own LOOP
        patience := patience - 1;
        IF patience = 0 THEN RETURN NULL; END IF; -- a long transaction: the next cut takes its entries
        PERFORM pg_sleep(0.05);
    END LOOP;
    -- The lock is held to the end of the transaction, so nobody else takes this number.
    SELECT coalesce(max(id), 0) + 1 INTO NEW.id FROM public.ledger_cut;
    NEW.made_at := clock_timestamp();
    RETURN NEW;
END $$;
"""
TOTAL = """
CREATE OR REPLACE FUNCTION ledger_total_days() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE former bigint;
BEGIN
    SELECT coalesce(max(up_to_entry), 0) INTO former FROM public.ledger_cut WHERE id <> NEW.id;
    INSERT INTO public.ledger_day_total (cut_id, account_id, day, total_minor, entries)
    SELECT NEW.id, e.account_id, (e.effective_at AT TIME ZONE 'UTC')::date, sum(e.amount_minor), count(*)
    FROM public.ledger_entry e JOIN public.ledger_account a ON a.id = e.account_id AND a.owner = ''
    WHERE e.id <= NEW.up_to_entry AND e.id > former
    GROUP BY 2, 3;
    INSERT INTO public.ledger_kind_total (cut_id, kind, currency, day, total_minor, entries)
    SELECT NEW.id, a.kind, a.currency, (e.effective_at AT TIME ZONE 'UTC')::date, sum(e.amount_minor), count(*)
    FROM public.ledger_entry e JOIN public.ledger_account a ON a.id = e.account_id AND a.owner <> ''
    WHERE e.id <= NEW.up_to_entry AND e.id > former
    GROUP BY 2, 3, 4;
    RETURN NULL;
END $$;
"""
START_ANEW = """
LOCK TABLE ledger_cut, ledger_day_total IN ACCESS EXCLUSIVE MODE;
ALTER TABLE ledger_day_total DISABLE TRIGGER ledger_day_total_append_only;
ALTER TABLE ledger_cut DISABLE TRIGGER ledger_cut_append_only;
DELETE FROM ledger_day_total;
DELETE FROM ledger_cut;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE ledger_day_total ENABLE TRIGGER ledger_day_total_append_only;
ALTER TABLE ledger_cut ENABLE TRIGGER ledger_cut_append_only;
"""
GUARD = """
CREATE FUNCTION ledger_guard_kind_total() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF pg_trigger_depth() < 2 OR current_user <>
        (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'ledger_kind_total follows the cuts; it is not written directly'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_kind_total_follows_cuts';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_guard_kind_total BEFORE INSERT ON ledger_kind_total
    FOR EACH ROW EXECUTE FUNCTION ledger_guard_kind_total();
"""
DROP_GUARD = """
DROP TRIGGER ledger_guard_kind_total ON ledger_kind_total;
DROP FUNCTION ledger_guard_kind_total();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_totals_of_owned_kinds"), ("common", "0002_outbox_notify_and_history")]

    operations = [
        migrations.RunSQL(START_ANEW),
        migrations.RunSQL(DECIDE + TOTAL),
        migrations.RunSQL(GUARD, DROP_GUARD),
        *append_only("ledger_kind_total"),
    ]
