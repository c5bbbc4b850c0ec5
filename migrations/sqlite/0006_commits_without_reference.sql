-- PostgreSQL drops the reference from commits to ledgers here, because it costs a row lock per commit there. SQLite has no such locks, the
-- look-up costs nothing beside the commit, and dropping it would mean rewriting the table: so it stays.
SELECT 1;
