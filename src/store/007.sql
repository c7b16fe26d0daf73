-- What a person asked for by one write within a day, added up: many small writes are as much as a big one. `arguments` is a digest, so
-- that a second preview of the same is not a second write.
ALTER TABLE action_request ADD COLUMN arguments TEXT;
ALTER TABLE action_request ADD COLUMN recipients INTEGER NOT NULL DEFAULT 0;
ALTER TABLE action_request ADD COLUMN amount INTEGER NOT NULL DEFAULT 0;
UPDATE action_request SET
    recipients = min(CAST(coalesce(json_extract(effect, '$.recipients'), 0) AS INTEGER), 100000000000000),
    amount = min(CAST(coalesce(json_extract(effect, '$.amount'), 0) AS INTEGER), 100000000000000)
WHERE effect IS NOT NULL;
CREATE INDEX action_request_lately ON action_request
    (tenant, issuer, subject, tool, created_at, id, state, expires_at, arguments, recipients, amount) WHERE recipients > 0 OR amount > 0;
