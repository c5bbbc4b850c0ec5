-- One installation may keep several ledgers, each with its own order and its own tree, so the ledger's id stands in every key from
-- the first day. `search_key` is the secret of the keyed hash by which personal data can be found without being readable in the
-- sealed part. STRICT, so that a hand-made insert can't put text where a number belongs.
CREATE TABLE ledgers (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    demo INTEGER NOT NULL,
    search_key BLOB NOT NULL CHECK (length(search_key) = 32),
    created_at INTEGER NOT NULL
) STRICT;

-- Commits, not a mutable head: inserting the row that starts right after the known end IS the compare-and-swap, on both databases.
CREATE TABLE commits (
    ledger BLOB NOT NULL REFERENCES ledgers (id),
    start INTEGER NOT NULL CHECK (start >= 1),
    "end" INTEGER NOT NULL CHECK ("end" >= start),
    root BLOB NOT NULL CHECK (length(root) = 32),
    frontier BLOB NOT NULL CHECK (length(frontier) % 32 = 0),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (ledger, start)
) STRICT;

-- "As of the end of a day" is answered from the commits: one short index entry per commit instead of one per event.
CREATE INDEX commits_by_time ON commits (ledger, recorded_at, "end");
