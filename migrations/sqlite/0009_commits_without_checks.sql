-- PostgreSQL drops the check constraints of the commits here, because it reads them anew for every statement. SQLite compiles them into the
-- statement once, and dropping them would mean rewriting the table: so they stay.
SELECT 1;
