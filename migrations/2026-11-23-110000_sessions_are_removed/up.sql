-- What is over is removed in the background. An index on `expires_at` would find it, but each use of a refresh token
-- changes that, and a use must write no indexed column (a HOT update). The day changes once a day at most.
-- Adding the column writes the table anew: a minute for ten million sessions.
ALTER TABLE sessions
    ADD COLUMN expires_on date NOT NULL GENERATED ALWAYS AS ((expires_at AT TIME ZONE 'UTC')::date) STORED;

CREATE INDEX sessions_expires_on_idx ON sessions (expires_on) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended_at_idx ON sessions (ended_at) WHERE ended_at IS NOT NULL;
DROP INDEX sessions_ends_at_idx;
