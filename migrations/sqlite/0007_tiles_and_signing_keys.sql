-- Proofs must stay cheap however long the ledger grows: the complete tiles of its Merkle tree (https://c2sp.org/tlog-tiles: 256 hashes
-- each) are kept, so that a proof reads one per level instead of every header. Derived from `events`, filled behind the appends, and
-- checked against the sealed root whenever they are read; the rows may be deleted at any time and are made again. `root` is the tile's
-- own hash, before the others, because the level above is made from it alone.
CREATE TABLE tiles (
    ledger BLOB NOT NULL REFERENCES ledgers (id),
    level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 7),
    number INTEGER NOT NULL CHECK (number >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    hashes BLOB NOT NULL CHECK (length(hashes) = 8192),
    PRIMARY KEY (ledger, level, number)
) STRICT;

-- The public halves of the keys that sign checkpoints, in the order in which they came into use. A server that finds another key here
-- than in its file, or none in its file, must not go on under a new name without anybody noticing.
CREATE TABLE signing_keys (
    ledger BLOB NOT NULL REFERENCES ledgers (id),
    number INTEGER NOT NULL CHECK (number >= 1),
    public_key BLOB NOT NULL CHECK (length(public_key) = 32),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (ledger, number)
) STRICT;

CREATE TRIGGER signing_keys_refuse_update BEFORE UPDATE ON signing_keys BEGIN
    SELECT RAISE(ABORT, 'UPDATE on signing_keys is refused: which keys have signed is part of what can be proven; a new key gets a new row');
END;
CREATE TRIGGER signing_keys_refuse_delete BEFORE DELETE ON signing_keys BEGIN
    SELECT RAISE(ABORT, 'DELETE on signing_keys is refused: which keys have signed is part of what can be proven; a new key gets a new row');
END;
