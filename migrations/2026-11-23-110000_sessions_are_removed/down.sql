CREATE INDEX sessions_ends_at_idx ON sessions (ends_at);
DROP INDEX sessions_ended_at_idx;
ALTER TABLE sessions DROP COLUMN expires_on;
