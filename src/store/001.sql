-- Which organisation is which, in each connected system. Unique both ways: an id that two organisations claim is nobody's.
CREATE TABLE organisation_link (
    tenant       TEXT NOT NULL,
    system       TEXT NOT NULL,
    organisation TEXT NOT NULL,
    external     TEXT NOT NULL,
    PRIMARY KEY (tenant, system, organisation),
    UNIQUE (tenant, system, external)
) STRICT, WITHOUT ROWID;

-- Whose login is whose contact. Written once, never pointed elsewhere.
CREATE TABLE person_link (
    tenant  TEXT NOT NULL,
    system  TEXT NOT NULL,
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    contact TEXT NOT NULL,
    PRIMARY KEY (tenant, system, issuer, subject),
    UNIQUE (tenant, system, contact)
) STRICT, WITHOUT ROWID;

-- What waits for a person. `sealed` holds arguments and message and is dropped after use.
CREATE TABLE confirmation (
    tenant         TEXT NOT NULL,
    id             TEXT NOT NULL,
    issuer         TEXT NOT NULL,
    subject        TEXT NOT NULL,
    tool           TEXT NOT NULL,
    policy_version TEXT NOT NULL,
    sealed         BLOB,
    expires_at     INTEGER NOT NULL, -- milliseconds since 1970
    state          TEXT NOT NULL CHECK (state IN ('pending', 'executing', 'done', 'failed', 'unknown', 'declined', 'expired')),
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX confirmation_waiting ON confirmation (tenant, issuer, subject) WHERE state = 'pending';
CREATE INDEX confirmation_expiry ON confirmation (expires_at) WHERE state = 'pending';
