"""The rules of 0002, 0004 and 0007 unchanged, for three quarters of the time: what was spent was not the rules.

- A function that sets its search path pays for it at each call. Here every name, operator and type stands with its
  schema (or is a word of SQL's own), so that whoever calls with a path or a temporary table of his own changes nothing.
- The seal and the entry's number are one trigger, not two.
- Who may move a balance was asked of the catalogue by a query. Now: who may put triggers on the table. That is its
  owner, inside the entries' trigger; any other who may could bend each write with a trigger of his own as it is.
- A journal's legs are one INSERT: checks on a table are read and prepared for each statement, not for each row.
- A journal that takes nothing from a guarded account cannot be refused for want of money and needs no savepoint;
  and no statement is planned anew at each call.

For a running system: dropping a trigger locks `ledger_entry` for a moment, after the postings under way. Postings by
the code before this run on, as the function's arguments are the same. Back again, only the second trigger of 0007 must
stand: the former bodies enforce nothing that these do not.
"""

from django.db import migrations

SEAL = """
CREATE OR REPLACE FUNCTION ledger_stamp_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.created_xid := pg_catalog.pg_current_xact_id()::pg_catalog.text::bigint;
    NEW.recorded_at := pg_catalog.transaction_timestamp();
    RETURN NEW;
END $$;

-- The time is compared too: after a restore into a new cluster transaction ids start again.
CREATE OR REPLACE FUNCTION ledger_refuse_entry_to_sealed_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its_xid bigint; its_time timestamp with time zone; its_instant timestamp with time zone;
BEGIN
    SELECT j.created_xid, j.recorded_at, j.effective_at INTO its_xid, its_time, its_instant
        FROM public.ledger_journal j WHERE j.id OPERATOR(pg_catalog.=) NEW.journal_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'journal % does not exist', NEW.journal_id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entry_has_journal';
    END IF;
    IF its_xid OPERATOR(pg_catalog.<>) pg_catalog.pg_current_xact_id()::pg_catalog.text::bigint
       OR its_time OPERATOR(pg_catalog.<>) pg_catalog.transaction_timestamp() THEN
        RAISE EXCEPTION 'journal % is sealed: post a new journal that reverses it', NEW.journal_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_journal_sealed';
    END IF;
    NEW.effective_at := its_instant;
    -- Drawn here, whatever was asked for: this transaction wrote the journal and therefore has an id (see cuts).
    NEW.id := pg_catalog.nextval('public.ledger_entry_id_seq');
    RETURN NEW;
END $$;
DROP TRIGGER ledger_seal_draw ON ledger_entry;
DROP FUNCTION ledger_draw_entry_id();
"""
DRAW_APART = """
CREATE FUNCTION ledger_draw_entry_id() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.id := nextval('public.ledger_entry_id_seq');
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_seal_draw BEFORE INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_draw_entry_id();
"""
BALANCED = """
CREATE OR REPLACE FUNCTION ledger_require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE the_journal bigint; total numeric;
BEGIN
    IF TG_TABLE_NAME OPERATOR(pg_catalog.=) 'ledger_journal' THEN the_journal := NEW.id;
    ELSE the_journal := NEW.journal_id; END IF;
    SELECT pg_catalog.sum(e.amount_minor) INTO total
        FROM public.ledger_entry e WHERE e.journal_id OPERATOR(pg_catalog.=) the_journal;
    IF total IS NULL THEN -- no entry is without an amount
        RAISE EXCEPTION 'journal % has no entries', the_journal
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journal_not_empty';
    ELSIF total OPERATOR(pg_catalog.<>) 0 THEN
        RAISE EXCEPTION 'journal % is out of balance by %', the_journal, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journal_balanced';
    END IF;
    RETURN NULL;
END $$;
"""
GUARDED = """
CREATE OR REPLACE FUNCTION ledger_move_guarded_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE public.ledger_balance b
        SET balance_minor = b.balance_minor OPERATOR(pg_catalog.+) (a.side OPERATOR(pg_catalog.*) NEW.amount_minor)
        FROM public.ledger_account a
        WHERE a.id OPERATOR(pg_catalog.=) NEW.account_id AND a.guarded
            AND b.account_id OPERATOR(pg_catalog.=) NEW.account_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_guard_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' OR TG_OP OPERATOR(pg_catalog.=) 'TRUNCATE'
       OR pg_catalog.pg_trigger_depth() OPERATOR(pg_catalog.<) 2
       OR NOT pg_catalog.has_table_privilege(TG_RELID, 'TRIGGER') THEN
        RAISE EXCEPTION 'ledger_balance follows the entries; it is not written directly'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_balance_follows_entries';
    END IF;
    RETURN NEW;
END $$;
"""
# `CREATE OR REPLACE` leaves no setting of the former behind: what is not named is reset.
_ARGUMENTS = """
    p_public_id uuid, p_key text, p_kind text, p_currency text, p_effective_at timestamptz, p_reverses uuid,
    p_kinds text[], p_owners text[], p_sides integer[], p_guarded boolean[], p_amounts bigint[],
    OUT outcome text"""
WRITE = f"""
CREATE OR REPLACE FUNCTION ledger_write({_ARGUMENTS}
) LANGUAGE plpgsql AS $$
DECLARE the_journal bigint; the_reversed bigint; the_account bigint; the_accounts bigint[];
BEGIN
    IF p_reverses IS NOT NULL THEN
        SELECT j.id INTO the_reversed FROM public.ledger_journal j WHERE j.public_id = p_reverses;
    END IF;
    INSERT INTO public.ledger_journal (public_id, idempotency_key, kind, currency, effective_at, reverses_id)
    VALUES (p_public_id, p_key, p_kind, p_currency, p_effective_at, the_reversed)
    ON CONFLICT (idempotency_key) DO NOTHING RETURNING id INTO the_journal;
    IF the_journal IS NULL THEN
        outcome := 'known';
        RETURN;
    END IF;
    FOR leg IN 1 .. cardinality(p_kinds) LOOP
        SELECT a.id INTO the_account FROM public.ledger_account a
            WHERE a.kind = p_kinds[leg] AND a.owner = p_owners[leg] AND a.currency = p_currency;
        IF the_account IS NULL THEN
            INSERT INTO public.ledger_account (kind, owner, currency, side, guarded, opened_at)
            VALUES (p_kinds[leg], p_owners[leg], p_currency, p_sides[leg], p_guarded[leg], clock_timestamp())
            ON CONFLICT (kind, owner, currency) DO NOTHING RETURNING id INTO the_account;
        END IF;
        IF the_account IS NULL THEN -- another session has opened it meanwhile
            SELECT a.id INTO the_account FROM public.ledger_account a
                WHERE a.kind = p_kinds[leg] AND a.owner = p_owners[leg] AND a.currency = p_currency;
        END IF;
        the_accounts[leg] := the_account;
    END LOOP;
    -- In the order in which the legs are given, in which their triggers lock guarded balances, too.
    INSERT INTO public.ledger_entry (journal_id, account_id, currency, amount_minor, effective_at)
        SELECT the_journal, unnest(the_accounts), p_currency, unnest(p_amounts), p_effective_at;
    outcome := 'posted';
END $$;
"""
_CALL = """ledger_write(p_public_id, p_key, p_kind, p_currency, p_effective_at, p_reverses,
        p_kinds, p_owners, p_sides, p_guarded, p_amounts)"""
POST = f"""
CREATE OR REPLACE FUNCTION ledger_post({_ARGUMENTS}
) LANGUAGE plpgsql AS $$
DECLARE broken text; takes boolean := false;
BEGIN
    FOR leg IN 1 .. cardinality(p_kinds) LOOP
        takes := takes OR p_guarded[leg] AND (p_sides[leg] < 0) <> (p_amounts[leg] < 0);
    END LOOP;
    IF NOT takes THEN
        outcome := public.{_CALL};
        RETURN;
    END IF;
    BEGIN
        outcome := public.{_CALL};
    EXCEPTION WHEN check_violation THEN
        GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
        IF broken <> 'ledger_balance_not_negative' THEN RAISE; END IF;
        outcome := 'exceeded'; -- and nothing of the journal stands
    END;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_say_entries")]

    operations = [
        migrations.RunSQL(SEAL, DRAW_APART),
        migrations.RunSQL(BALANCED, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDED, migrations.RunSQL.noop),
        migrations.RunSQL(WRITE + POST, migrations.RunSQL.noop),
    ]
