"""`ledger_post`: a journal with its accounts and entries in one round trip.

It runs with its caller's rights and has none of its own: every rule stays with the tables, and whoever
writes to them without it meets the same refusals.
"""

from django.db import migrations

POST = """
CREATE FUNCTION ledger_post(
    p_public_id uuid, p_key text, p_kind text, p_currency text, p_effective_at timestamptz, p_reverses uuid,
    p_kinds text[], p_owners text[], p_sides integer[], p_guarded boolean[], p_amounts bigint[],
    OUT outcome text
) LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE the_journal bigint; broken text; leg integer; the_account bigint;
BEGIN
    INSERT INTO public.ledger_journal
        (public_id, idempotency_key, kind, currency, effective_at, reverses_id)
    VALUES (p_public_id, p_key, p_kind, p_currency, p_effective_at,
        CASE WHEN p_reverses IS NOT NULL
            THEN (SELECT id FROM public.ledger_journal WHERE public_id = p_reverses) END)
    ON CONFLICT (idempotency_key) DO NOTHING RETURNING id INTO the_journal;
    IF the_journal IS NULL THEN
        outcome := 'known';
        RETURN;
    END IF;
    -- One leg after the other: guarded balances are locked in the order in which the legs are given.
    FOR leg IN 1 .. cardinality(p_kinds) LOOP
        the_account := NULL;
        SELECT id INTO the_account FROM public.ledger_account
            WHERE kind = p_kinds[leg] AND owner = p_owners[leg] AND currency = p_currency;
        IF the_account IS NULL THEN
            INSERT INTO public.ledger_account (kind, owner, currency, side, guarded, opened_at)
            VALUES (p_kinds[leg], p_owners[leg], p_currency, p_sides[leg], p_guarded[leg], clock_timestamp())
            ON CONFLICT (kind, owner, currency) DO NOTHING RETURNING id INTO the_account;
        END IF;
        IF the_account IS NULL THEN -- another session has opened it meanwhile
            SELECT id INTO the_account FROM public.ledger_account
                WHERE kind = p_kinds[leg] AND owner = p_owners[leg] AND currency = p_currency;
        END IF;
        INSERT INTO public.ledger_entry (journal_id, account_id, currency, amount_minor, effective_at)
            VALUES (the_journal, the_account, p_currency, p_amounts[leg], p_effective_at);
    END LOOP;
    outcome := 'posted';
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken <> 'ledger_balance_not_negative' THEN RAISE; END IF;
    outcome := 'exceeded'; -- and nothing of the journal stands
END $$;
"""
DROP_POST = """
DROP FUNCTION ledger_post(
    uuid, text, text, text, timestamptz, uuid, text[], text[], integer[], boolean[], bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_guard_what_sitters_owe")]

    operations = [migrations.RunSQL(POST, DROP_POST)]
