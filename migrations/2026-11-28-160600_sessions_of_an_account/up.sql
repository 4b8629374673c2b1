-- A session is found by its account and its id. A contracting migration makes this the primary key.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS sessions_profile_id_id_key ON sessions (profile_id, id);
