-- Proofs must stay cheap however long the ledger grows: the complete tiles of its Merkle tree (https://c2sp.org/tlog-tiles: 256 hashes
-- each) are kept, so that a proof reads one per level instead of every header. Derived from `events`, filled behind the appends, and
-- checked against the sealed root whenever they are read; the rows may be deleted at any time and are made again. `root` is the tile's
-- own hash, apart, because the level above is made from it. EXTERNAL: hashes don't compress.
CREATE TABLE ledger.tiles (
    ledger uuid NOT NULL REFERENCES ledger.ledgers (id),
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    number bigint NOT NULL CHECK (number >= 0),
    root bytea NOT NULL CHECK (length(root) = 32),
    hashes bytea NOT NULL CHECK (length(hashes) = 8192),
    PRIMARY KEY (ledger, level, number)
);
ALTER TABLE ledger.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- The public halves of the keys that sign checkpoints, in the order in which they came into use. A server that finds another key here
-- than in its file, or none in its file, must not go on under a new name without anybody noticing.
CREATE TABLE ledger.signing_keys (
    ledger uuid NOT NULL REFERENCES ledger.ledgers (id),
    number integer NOT NULL CHECK (number >= 1),
    public_key bytea NOT NULL CHECK (length(public_key) = 32),
    recorded_at bigint NOT NULL,
    PRIMARY KEY (ledger, number)
);

CREATE TRIGGER signing_keys_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.signing_keys
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.signing_keys ENABLE ALWAYS TRIGGER signing_keys_refuse_change;
