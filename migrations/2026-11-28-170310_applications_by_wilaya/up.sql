-- The queue of a wilaya, oldest first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS approvals_wilaya_queue_idx ON approvals (application_state, role, wilaya, submitted_at, profile_id);
