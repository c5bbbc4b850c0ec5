-- The events. The first seven columns (without `ledger` and `position`) are those of the stock sqlite-es store, whose repository can
-- read this table; the primary key starts with the aggregate because that is how streams are loaded.
--
-- `payload`, `metadata` and `header` are TEXT: they keep the exact bytes, which is what was hashed. Every other column repeats the
-- header so that SQL can use it; `dean verify` compares each of them with the header.
CREATE TABLE events (
    aggregate_type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    ledger BLOB NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 1),
    event_type TEXT NOT NULL,
    event_version TEXT NOT NULL,
    payload TEXT NOT NULL,
    metadata TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    occurred_on TEXT NOT NULL,
    actor TEXT NOT NULL,
    actor_role TEXT NOT NULL,
    actor_unit TEXT NOT NULL,
    command_id BLOB NOT NULL,
    command_index INTEGER NOT NULL CHECK (command_index >= 0),
    header TEXT NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence, ledger)
) STRICT;

-- The ledger's one total order.
CREATE UNIQUE INDEX events_by_position ON events (ledger, position);

-- The receipt of a command is its first event: a command can't be recorded twice, and a retry finds what it became.
CREATE UNIQUE INDEX events_receipts ON events (command_id, actor, ledger) WHERE command_index = 0;

-- SQLite plans by statistics and has none for an empty table; its guesses read a stream through the ledger's order, that is the whole
-- ledger per page view. These are the true proportions of any ledger, large or small, and no ANALYZE is ever run over them.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('events', 'events_by_position', '1000000 1000000 1'),
    ('events', 'sqlite_autoindex_events_1', '1000000 250000 10 1 1'),
    ('events', 'events_receipts', '500000 1 1 1');
