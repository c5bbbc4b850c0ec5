-- The database itself refuses to change history, whoever asks: a slip in a console or a bug in a program must not be able to edit what
-- was decided. (Whoever owns the tables can drop the triggers; the Merkle tree shows what they did.) ALWAYS, so that a session which
-- plays the replica doesn't slip past.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on ledger.% is refused: the ledger is append-only and sealed by a Merkle tree; record a correcting event instead',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER events_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER events_refuse_change;

CREATE TRIGGER commits_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.commits
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.commits ENABLE ALWAYS TRIGGER commits_refuse_change;

CREATE TRIGGER personal_data_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.personal_data
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.personal_data ENABLE ALWAYS TRIGGER personal_data_refuse_change;
