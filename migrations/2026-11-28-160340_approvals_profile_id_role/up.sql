CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS approvals_profile_id_role_key ON approvals (profile_id, role COLLATE "C");
