-- What the authorization server keeps. Secrets, codes and refresh tokens are there as SHA-256 alone.

-- Clients that registered themselves (RFC 7591).
CREATE TABLE authority_client (
    id            TEXT PRIMARY KEY,
    metadata      TEXT NOT NULL,
    secret        BLOB,
    registered_at INTEGER NOT NULL, -- seconds since 1970, as everywhere below
    used_at       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX authority_client_unused ON authority_client (registered_at) WHERE used_at IS NULL;

-- What one person allowed one client. At most one that stands.
CREATE TABLE authority_grant (
    id            TEXT PRIMARY KEY,
    tenant        TEXT NOT NULL,
    issuer        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    client        TEXT NOT NULL,
    client_digest BLOB NOT NULL,   -- of the client's description when it was agreed to
    client_view   TEXT NOT NULL,   -- how the client was shown
    scopes        TEXT NOT NULL,
    sealed        BLOB NOT NULL,   -- the person's attributes
    version       INTEGER NOT NULL,
    authorised_at INTEGER NOT NULL,
    used_at       INTEGER,
    ended_at      INTEGER,
    ended_by      TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX authority_grant_standing ON authority_grant (tenant, issuer, subject, client) WHERE ended_at IS NULL;
CREATE INDEX authority_grant_tenant ON authority_grant (tenant, authorised_at) WHERE ended_at IS NULL;
CREATE INDEX authority_grant_ended ON authority_grant (ended_at) WHERE ended_at IS NOT NULL;

-- A family of tokens: what began with one code.
CREATE TABLE authority_session (
    id            TEXT PRIMARY KEY,
    grant_id      TEXT NOT NULL REFERENCES authority_grant (id),
    scopes        TEXT NOT NULL,
    realm_session TEXT,
    handle        BLOB,             -- of the family's refresh tokens; none: it cannot be renewed
    generation    INTEGER NOT NULL,
    rotated_at    INTEGER NOT NULL,
    started_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    ended_at      INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX authority_session_handle ON authority_session (handle) WHERE handle IS NOT NULL;
CREATE INDEX authority_session_grant ON authority_session (grant_id);
CREATE INDEX authority_session_realm ON authority_session (realm_session) WHERE realm_session IS NOT NULL AND ended_at IS NULL;
CREATE INDEX authority_session_expiry ON authority_session (expires_at);

-- The refresh tokens of the newest generation and of the one before.
CREATE TABLE authority_refresh (
    hash       BLOB PRIMARY KEY,
    session    TEXT NOT NULL REFERENCES authority_session (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX authority_refresh_session ON authority_refresh (session, generation);

CREATE TABLE authority_code (
    hash          BLOB PRIMARY KEY,
    grant_id      TEXT NOT NULL REFERENCES authority_grant (id) ON DELETE CASCADE,
    redirect_uri  TEXT NOT NULL,
    challenge     TEXT NOT NULL,
    scopes        TEXT NOT NULL,
    realm_session TEXT,
    expires_at    INTEGER NOT NULL,
    used          INTEGER NOT NULL DEFAULT 0,
    session       TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX authority_code_expiry ON authority_code (expires_at);
CREATE INDEX authority_code_grant ON authority_code (grant_id);

-- The keys that sign access tokens, sealed.
CREATE TABLE authority_key (
    id         TEXT PRIMARY KEY,
    sealed     BLOB NOT NULL,
    signs_from INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whose realm tokens of before are refused: of a person, or of one session at the realm.
CREATE TABLE authority_ended (
    issuer   TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('person', 'session')),
    name     TEXT NOT NULL,
    ended_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, kind, name)
) STRICT, WITHOUT ROWID;

-- A confirmation dies with the session that asked for it.
ALTER TABLE confirmation ADD COLUMN session TEXT;
CREATE INDEX confirmation_session ON confirmation (session) WHERE state = 'pending' AND session IS NOT NULL;
