-- Requests that succeeded, for a day, so that a client can repeat one whose response it did not get. There is no list of
-- the operations: a release looks only for its own.
CREATE TABLE idempotency_records (
    profile_id uuid NOT NULL,
    operation text COLLATE "C" NOT NULL,
    key_digest bytea NOT NULL,
    -- SHA-256 of the request without its passwords, which are compared with the account's hash.
    content_digest bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT idempotency_records_pkey PRIMARY KEY (profile_id, operation, key_digest),
    CONSTRAINT idempotency_records_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE,
    CONSTRAINT idempotency_records_key_digest_sha256 CHECK (octet_length(key_digest) = 32),
    CONSTRAINT idempotency_records_content_digest_sha256 CHECK (octet_length(content_digest) = 32)
);

CREATE INDEX idempotency_records_recorded_at_idx ON idempotency_records (recorded_at);
