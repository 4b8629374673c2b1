CREATE INDEX CONCURRENTLY IF NOT EXISTS approvals_state_c_idx ON approvals (state COLLATE "C", profile_id);
