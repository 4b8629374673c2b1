-- Applications whose possible duplicates a job counts.
CREATE INDEX CONCURRENTLY IF NOT EXISTS approvals_uncounted_idx ON approvals (submitted_at, profile_id) WHERE possible_duplicates IS NULL;
