-- Who is signed in to the web pages. Known by the digest of the cookie; `sealed` holds who it is.
CREATE TABLE browser_session (
    digest        BLOB NOT NULL PRIMARY KEY,
    tenant        TEXT NOT NULL,
    issuer        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    realm_session TEXT,
    sealed        BLOB NOT NULL,
    used_at       INTEGER NOT NULL, -- seconds since 1970
    ends_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX browser_session_person ON browser_session (issuer, subject);
CREATE INDEX browser_session_realm ON browser_session (issuer, realm_session) WHERE realm_session IS NOT NULL;
CREATE INDEX browser_session_end ON browser_session (ends_at);

-- What may be used once: states of sign-ins, ids of logout tokens. By digest, until it is too old anyway.
CREATE TABLE used_once (
    digest    BLOB NOT NULL PRIMARY KEY,
    forget_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_once_end ON used_once (forget_at);

-- A realm's refresh token of a person, sealed: to ask whether they are still welcome.
CREATE TABLE realm_refresh (
    tenant  TEXT NOT NULL,
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (tenant, issuer, subject)
) STRICT, WITHOUT ROWID;

-- Local accounts. The id is the subject. `password` is an argon2id hash; `totp` is sealed; `recovery` holds digests.
CREATE TABLE account (
    tenant       TEXT NOT NULL,
    realm        TEXT NOT NULL CHECK (realm IN ('customer', 'employee')),
    id           TEXT NOT NULL,
    email        TEXT NOT NULL,
    name         TEXT NOT NULL,
    organisation TEXT,
    roles        TEXT NOT NULL,
    password     TEXT,
    totp         BLOB,
    totp_step    INTEGER NOT NULL DEFAULT 0,
    recovery     TEXT NOT NULL DEFAULT '[]',
    locked       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, realm, id),
    UNIQUE (tenant, realm, email)
) STRICT, WITHOUT ROWID;

-- Links to set a new password, by digest.
CREATE TABLE account_reset (
    digest  BLOB NOT NULL PRIMARY KEY,
    tenant  TEXT NOT NULL,
    realm   TEXT NOT NULL,
    account TEXT NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_reset_account ON account_reset (tenant, realm, account);

-- What changed about accounts, for the server to act on; it takes each away once it has.
CREATE TABLE account_change (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant  TEXT NOT NULL,
    realm   TEXT NOT NULL,
    account TEXT NOT NULL,
    email   TEXT NOT NULL,
    what    TEXT NOT NULL CHECK (what IN ('ended', 'unlocked'))
) STRICT;
