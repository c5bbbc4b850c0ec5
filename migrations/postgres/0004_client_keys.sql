-- Keys that clients invent (the HTTP header Idempotency-Key) are mapped to our own command ids and kept for 30 days. They are a
-- convenience of the interface, not history: so they are outside the events and may be deleted.
CREATE TABLE ledger.client_keys (
    ledger uuid NOT NULL,
    actor text NOT NULL,
    key text NOT NULL,
    command_id uuid NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (ledger, actor, key)
);

CREATE INDEX client_keys_by_age ON ledger.client_keys (created_at);
