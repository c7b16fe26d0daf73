-- Notices that are kept before they are sent: `unknown` until somebody says what came of them.

ALTER TABLE notice ADD COLUMN settled INTEGER NOT NULL DEFAULT 1;
