CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- One row of the chain. The columns before `body` repeat what it says, for searching; verification compares them.
CREATE TABLE row (
    seq          INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL, -- milliseconds since 1970
    tenant       TEXT NOT NULL,
    organisation TEXT,
    principal    TEXT NOT NULL,
    body         TEXT NOT NULL,
    hash         BLOB NOT NULL
) STRICT;

-- In which blocks of rows a principal is found: an index on every row would cost more than the row. Not part of the chain.
CREATE TABLE seen (
    principal TEXT NOT NULL,
    block     INTEGER NOT NULL,
    PRIMARY KEY (principal, block)
) STRICT, WITHOUT ROWID;

-- Signed statements about the chain.
CREATE TABLE head (
    seq       INTEGER PRIMARY KEY,
    writer    TEXT NOT NULL,
    hash      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    signature TEXT NOT NULL
) STRICT;

-- Where dropped days ended: the signed head that what is left begins after.
CREATE TABLE checkpoint (
    seq       INTEGER PRIMARY KEY,
    writer    TEXT NOT NULL,
    hash      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    signature TEXT NOT NULL
) STRICT;
