-- Foreign keys of `profiles` will refer to it. Nobody waits while it is made.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS patients_profile_id_role_key ON patients (profile_id, role COLLATE "C");
