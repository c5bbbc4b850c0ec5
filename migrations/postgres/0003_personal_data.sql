-- Natural persons' names, numbers and addresses stand outside the sealed payload; the header commits to them by a salted hash. So a
-- right to erasure can be honoured later, by removing a row here, without breaking any proof. `content` is a JSON array of strings as
-- text, because its exact bytes were hashed.
CREATE TABLE ledger.personal_data (
    ledger uuid NOT NULL,
    position bigint NOT NULL,
    salt bytea NOT NULL CHECK (length(salt) = 32),
    content text NOT NULL,
    PRIMARY KEY (ledger, position)
);
