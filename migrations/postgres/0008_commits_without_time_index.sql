-- Time never goes back from one commit to the next, so the commits of a day are found by halving along their key. An index on the time was
-- one more entry to write with every commit.
DROP INDEX ledger.commits_by_time;
