CREATE UNIQUE INDEX CONCURRENTLY profiles_id_role_c_key ON profiles (id, role COLLATE "C");
