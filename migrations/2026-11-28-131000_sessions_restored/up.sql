-- After a restore from a backup a session's row is older than its client's token. Until its next use, such a session takes
-- any refresh token that was signed for it. The default is kept in the catalog, so no row is written.
ALTER TABLE sessions ADD COLUMN is_restored boolean NOT NULL DEFAULT false;
