-- Held decisions, of which a job asks every second.
CREATE INDEX CONCURRENTLY IF NOT EXISTS approvals_effective_at_idx ON approvals (effective_at) WHERE effective_at IS NOT NULL;
