CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS profiles_id_role_c_key ON profiles (id, role COLLATE "C");
