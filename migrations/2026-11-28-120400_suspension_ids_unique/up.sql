-- What a contracting migration makes the primary key, in the group of accounts. One statement, because it cannot run in a
-- transaction.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS suspensions_profile_id_suspension_id_key ON suspensions (profile_id, suspension_id);
