-- The database itself refuses to change history, whoever asks: a slip in a console or a bug in a program must not be able to edit what
-- was decided. (Whoever owns the file can drop the triggers; the Merkle tree shows what they did.)
CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events BEGIN
    SELECT RAISE(ABORT, 'UPDATE on events is refused: the ledger is append-only and sealed by a Merkle tree; record a correcting event instead');
END;
CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events BEGIN
    SELECT RAISE(ABORT, 'DELETE on events is refused: the ledger is append-only and sealed by a Merkle tree; record a correcting event instead');
END;
CREATE TRIGGER commits_refuse_update BEFORE UPDATE ON commits BEGIN
    SELECT RAISE(ABORT, 'UPDATE on commits is refused: the ledger is append-only and sealed by a Merkle tree; record a correcting event instead');
END;
CREATE TRIGGER commits_refuse_delete BEFORE DELETE ON commits BEGIN
    SELECT RAISE(ABORT, 'DELETE on commits is refused: the ledger is append-only and sealed by a Merkle tree; record a correcting event instead');
END;
CREATE TRIGGER personal_data_refuse_update BEFORE UPDATE ON personal_data BEGIN
    SELECT RAISE(ABORT, 'UPDATE on personal_data is refused: the ledger is append-only and sealed by a Merkle tree; record a correcting event instead');
END;
CREATE TRIGGER personal_data_refuse_delete BEFORE DELETE ON personal_data BEGIN
    SELECT RAISE(ABORT, 'DELETE on personal_data is refused: the ledger is append-only and sealed by a Merkle tree; record a correcting event instead');
END;
