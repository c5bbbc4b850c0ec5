-- One installation may keep several ledgers, each with its own order and its own tree, so the ledger's id stands in every key from
-- the first day (it is also the column to shard by later). `search_key` is the secret of the keyed hash by which personal data can be
-- found without being readable in the sealed part.
CREATE TABLE ledger.ledgers (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    demo boolean NOT NULL,
    search_key bytea NOT NULL CHECK (length(search_key) = 32),
    created_at bigint NOT NULL
);

-- Commits, not a mutable head: inserting the row that starts right after the known end IS the compare-and-swap. A head row that is
-- updated instead grows a version chain while any backup holds a snapshot and becomes ten times slower; inserts don't.
CREATE TABLE ledger.commits (
    ledger uuid NOT NULL REFERENCES ledger.ledgers (id),
    start bigint NOT NULL CHECK (start >= 1),
    "end" bigint NOT NULL CHECK ("end" >= start),
    root bytea NOT NULL CHECK (length(root) = 32),
    frontier bytea NOT NULL CHECK (length(frontier) % 32 = 0),
    recorded_at bigint NOT NULL,
    PRIMARY KEY (ledger, start)
);

-- "As of the end of a day" is answered from the commits: one short index entry per commit instead of one per event.
CREATE INDEX commits_by_time ON ledger.commits (ledger, recorded_at, "end");
