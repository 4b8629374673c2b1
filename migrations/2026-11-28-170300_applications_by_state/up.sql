-- The queue of all wilayas, oldest first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS approvals_queue_idx ON approvals (application_state, role COLLATE "C", submitted_at, profile_id);
