-- Governed writes on their way. `sealed` holds arguments, words and facts; `answer` what was said at the end.
CREATE TABLE action_request (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    organisation TEXT,
    tool TEXT NOT NULL,
    digest TEXT NOT NULL,
    key TEXT,
    policy_version TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    session TEXT,
    decided_by BLOB,
    attempts INTEGER NOT NULL DEFAULT 0,
    needs_human INTEGER NOT NULL DEFAULT 0,
    sealed BLOB NOT NULL,
    answer BLOB,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX action_request_key ON action_request (tenant, issuer, subject, key) WHERE key IS NOT NULL;
CREATE INDEX action_request_digest ON action_request (tenant, issuer, subject, digest, created_at);
CREATE INDEX action_request_own ON action_request (tenant, issuer, subject, created_at);
CREATE INDEX action_request_waiting ON action_request (tenant, created_at) WHERE state = 'pending_approval';
CREATE INDEX action_request_running ON action_request (state) WHERE state IN ('executing', 'unknown');
CREATE INDEX action_request_session ON action_request (session) WHERE session IS NOT NULL;

-- Who looked at a request that waits for an approval.
CREATE TABLE action_seen (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    name BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id, issuer, subject)
) WITHOUT ROWID, STRICT;
