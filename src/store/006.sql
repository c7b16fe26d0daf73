-- Writes under way: who holds one, until when, in which epoch; and the search for one whose outcome nobody knows.
ALTER TABLE action_request ADD COLUMN origin TEXT NOT NULL DEFAULT 'governed';
ALTER TABLE action_request ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE action_request ADD COLUMN lease_owner TEXT;
ALTER TABLE action_request ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0;
-- When the last try was let go upstream; without it nothing of that try left this house.
ALTER TABLE action_request ADD COLUMN sending_at INTEGER;
ALTER TABLE action_request ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE action_request ADD COLUMN look_at INTEGER NOT NULL DEFAULT 0;
-- `found` or `absent`, where somebody looked for it.
ALTER TABLE action_request ADD COLUMN upstream TEXT;
-- What the policies are asked with, so that nothing has to be unsealed to know who may decide. Nothing of it is anybody's text.
ALTER TABLE action_request ADD COLUMN effect TEXT;
ALTER TABLE action_request ADD COLUMN realm TEXT;
-- Whether the requester saw what was decided.
ALTER TABLE action_request ADD COLUMN told INTEGER NOT NULL DEFAULT 0;

-- Until now nobody looked for these.
UPDATE action_request SET needs_human = 0 WHERE state = 'unknown';

DROP INDEX action_request_running;
CREATE INDEX action_request_leased ON action_request (lease_until) WHERE state = 'executing';
CREATE INDEX action_request_sought ON action_request (look_at) WHERE state = 'unknown' AND needs_human = 0;
CREATE INDEX action_request_needing ON action_request (tenant, changed_at) WHERE needs_human = 1;
DROP INDEX action_request_waiting;
CREATE INDEX action_request_waiting ON action_request
    (tenant, created_at, id, expires_at, issuer, subject, organisation, tool, effect, realm) WHERE state = 'pending_approval';
CREATE INDEX action_request_untold ON action_request (tenant, issuer, subject) WHERE told = 0 AND state IN ('approved', 'rejected');
