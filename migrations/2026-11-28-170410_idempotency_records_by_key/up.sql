-- A request for the next application names no account, so that its record is found by its key.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idempotency_records_key_digest_idx ON idempotency_records (key_digest);
