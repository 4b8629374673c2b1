-- A login, from its first pair of tokens to its end: a family of refresh tokens, each the successor of the
-- one before (RFC 9700 §4.14.2). Of what names a token only the SHA-256 digest is kept.
CREATE TABLE sessions (
    id uuid NOT NULL,
    profile_id uuid NOT NULL,
    current_token bytea NOT NULL,
    -- The one that `current_token` replaced, at `used_at`; null before the first use.
    previous_token bytea,
    opened_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL,
    -- When the current refresh token expires; each use moves it on, up to `ends_at`.
    expires_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    address text,
    user_agent text,
    ended_at timestamptz,
    end_reason text,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE,
    CONSTRAINT sessions_current_token_sha256 CHECK (octet_length(current_token) = 32),
    CONSTRAINT sessions_previous_token_sha256 CHECK (octet_length(previous_token) = 32),
    CONSTRAINT sessions_expires_in_time CHECK (expires_at <= ends_at),
    CONSTRAINT sessions_end_whole CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CONSTRAINT sessions_end_reason_known
        CHECK (end_reason IN ('logged_out', 'ended_by_owner', 'token_reused', 'password_changed', 'rejected'))
)
-- A use writes no indexed column, so with room on its page it costs no index entry (a HOT update).
WITH (fillfactor = 80);

CREATE INDEX sessions_profile_id_idx ON sessions (profile_id);
CREATE INDEX sessions_ends_at_idx ON sessions (ends_at);
