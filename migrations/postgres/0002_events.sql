-- The events. The first seven columns (without `ledger` and `position`) are those of the stock postgres-es store, whose repository can
-- read this table; the primary key starts with the aggregate because that is how streams are loaded (with the ledger first, the
-- stock load took 28 ms instead of 0.1).
--
-- `payload` and `metadata` are json, never jsonb, and `header` is text: they keep the exact bytes, which is what was hashed. Every
-- other column repeats the header so that SQL can use it; `dean verify` compares each of them with the header.
--
-- COLLATE "C" where an index compares text: bytes are all that matters there, it is faster, and an upgrade of the operating system's
-- locales can't disturb the index.
CREATE TABLE ledger.events (
    aggregate_type text COLLATE "C" NOT NULL,
    aggregate_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    ledger uuid NOT NULL,
    position bigint NOT NULL CHECK (position >= 1),
    event_type text NOT NULL,
    event_version text NOT NULL,
    payload json NOT NULL,
    metadata json NOT NULL,
    recorded_at bigint NOT NULL,
    occurred_on date NOT NULL,
    actor text COLLATE "C" NOT NULL,
    actor_role text NOT NULL,
    actor_unit text NOT NULL,
    command_id uuid NOT NULL,
    command_index integer NOT NULL CHECK (command_index >= 0),
    header text NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence, ledger)
);

-- The ledger's one total order.
CREATE UNIQUE INDEX events_by_position ON ledger.events (ledger, position);

-- The receipt of a command is its first event: a command can't be recorded twice, and a retry finds what it became.
CREATE UNIQUE INDEX events_receipts ON ledger.events (command_id, actor, ledger) WHERE command_index = 0;
