-- Portal users: their access roles, how they sign in, what they did. And what writes left, by their reference.
-- Words of a closed list (a kind, a state, a right) are kept as the words themselves; lists of words as JSON.

CREATE TABLE effect (
    tenant TEXT NOT NULL,
    operation TEXT NOT NULL,
    reference TEXT NOT NULL,
    organisation INTEGER NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (tenant, operation, reference)
) WITHOUT ROWID, STRICT;

CREATE TABLE access_role (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    rights TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    internal INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;

ALTER TABLE login ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE login ADD COLUMN two_factor INTEGER;

CREATE TABLE login_role (
    tenant TEXT NOT NULL,
    contact INTEGER NOT NULL REFERENCES login (contact),
    role INTEGER NOT NULL REFERENCES access_role (key),
    PRIMARY KEY (contact, role)
) WITHOUT ROWID, STRICT;

-- The secret of a link that only its owner was told. Nothing that a port answers is read from here.
CREATE TABLE login_link (
    tenant TEXT NOT NULL,
    contact INTEGER NOT NULL REFERENCES login (contact),
    purpose TEXT NOT NULL,
    secret TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (contact, purpose)
) WITHOUT ROWID, STRICT;

CREATE TABLE auth_policy (
    tenant TEXT PRIMARY KEY NOT NULL,
    password_min_length INTEGER,
    two_factor_required INTEGER,
    reset_expires_secs INTEGER,
    invitation_expires_secs INTEGER,
    lockout_after INTEGER,
    lockout_secs INTEGER,
    session_idle_secs INTEGER,
    session_max_secs INTEGER
) WITHOUT ROWID, STRICT;

CREATE TABLE access_event (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    contact INTEGER REFERENCES contact (key),
    kind TEXT NOT NULL,
    email TEXT,
    by TEXT,
    address TEXT,
    detail TEXT,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX access_event_organisation ON access_event (tenant, organisation, at);
CREATE TRIGGER access_event_stays BEFORE UPDATE ON access_event
BEGIN SELECT raise(ABORT, 'what happened stays as it was written'); END;
CREATE TRIGGER access_event_is_kept BEFORE DELETE ON access_event
BEGIN SELECT raise(ABORT, 'what happened stays as it was written'); END;
