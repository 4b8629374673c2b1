-- The applications that a member of staff has claimed.
CREATE INDEX CONCURRENTLY IF NOT EXISTS approvals_claimed_by_idx ON approvals (claimed_by, submitted_at, profile_id) WHERE claimed_by IS NOT NULL;
