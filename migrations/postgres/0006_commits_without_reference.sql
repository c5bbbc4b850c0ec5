-- The reference from commits to ledgers made every commit look up and lock the ledger's row: a write (and its log) that no reader needs,
-- on the one path where every byte counts. Nothing can insert a commit for a ledger that isn't there: the writer reads the ledger first,
-- and ledgers are never deleted.
ALTER TABLE ledger.commits DROP CONSTRAINT commits_ledger_fkey;
