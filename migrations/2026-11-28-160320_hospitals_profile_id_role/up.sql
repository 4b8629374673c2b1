CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS hospitals_profile_id_role_key ON hospitals (profile_id, role COLLATE "C");
