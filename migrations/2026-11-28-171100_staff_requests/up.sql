-- Requests about members of staff that succeeded, for a day, so that the member who sent one can repeat it.
-- `idempotency_records` has the requests about accounts.
CREATE TABLE staff_requests (
    -- The member who sent the request.
    staff_id uuid NOT NULL,
    key_digest bytea NOT NULL,
    -- SHA-256 of the request without its passwords, which are compared with the member's hash.
    content_digest bytea NOT NULL,
    -- Encrypted with the service's secret key if it has recovery codes.
    answer bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT staff_requests_pkey PRIMARY KEY (staff_id, key_digest),
    CONSTRAINT staff_requests_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE CASCADE,
    CONSTRAINT staff_requests_key_digest_sha256 CHECK (octet_length(key_digest) = 32),
    CONSTRAINT staff_requests_content_digest_sha256 CHECK (octet_length(content_digest) = 32)
);

CREATE INDEX staff_requests_recorded_at_idx ON staff_requests (recorded_at);
