CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS labos_profile_id_role_key ON labos (profile_id, role COLLATE "C");
