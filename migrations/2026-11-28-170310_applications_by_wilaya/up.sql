-- The queue of a wilaya, oldest first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS approvals_wilaya_queue_idx ON approvals (application_state, role COLLATE "C", wilaya, submitted_at, profile_id);
