CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS doctors_profile_id_role_key ON doctors (profile_id, role COLLATE "C");
