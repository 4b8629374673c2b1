-- The devices that accounts were used from, so that a login from another one is noticed. A device is a user agent's family
-- and a network, as SHA-256.
CREATE TABLE devices (
    profile_id uuid NOT NULL,
    digest bytea NOT NULL,
    seen_at timestamptz NOT NULL,
    CONSTRAINT devices_pkey PRIMARY KEY (profile_id, digest),
    CONSTRAINT devices_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE,
    CONSTRAINT devices_digest_sha256 CHECK (octet_length(digest) = 32)
);

CREATE INDEX devices_seen_at_idx ON devices (seen_at);
