-- Keys that clients invent (the HTTP header Idempotency-Key) are mapped to our own command ids and kept for 30 days. They are a
-- convenience of the interface, not history: so they are outside the events and may be deleted.
CREATE TABLE client_keys (
    ledger BLOB NOT NULL,
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    command_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (ledger, actor, key)
) STRICT;

CREATE INDEX client_keys_by_age ON client_keys (created_at);
