-- Staff: who reviews applications and administers accounts. Their e-mails are unique by claims ('staff_email', …) in
-- `identifiers`, so that an account may have the same one.
CREATE TABLE staff (
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    directorate text,
    role text COLLATE "C" NOT NULL,
    -- The scope of a reviewer; empty is everything.
    wilayas text[] NOT NULL,
    applicant_roles text[] NOT NULL,
    password_hash text NOT NULL,
    -- Encrypted with the service's secret key.
    otp_secret bytea NOT NULL,
    -- The time step of the last one-time password that was used: each is accepted once.
    otp_step bigint,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    last_login_at timestamptz,
    CONSTRAINT staff_pkey PRIMARY KEY (id),
    CONSTRAINT staff_role_known CHECK (role IN ('reviewer', 'admin'))
);

-- SHA-256 is enough for codes of 120 random bits.
CREATE TABLE staff_recovery_codes (
    staff_id uuid NOT NULL,
    digest bytea NOT NULL,
    used_at timestamptz,
    CONSTRAINT staff_recovery_codes_pkey PRIMARY KEY (staff_id, digest),
    CONSTRAINT staff_recovery_codes_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE CASCADE,
    CONSTRAINT staff_recovery_codes_digest_sha256 CHECK (octet_length(digest) = 32)
);

CREATE TABLE staff_sessions (
    staff_id uuid NOT NULL,
    id uuid NOT NULL,
    current_token bytea NOT NULL,
    -- The one that `current_token` replaced, at `used_at`; null before the first use.
    previous_token bytea,
    opened_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    address text,
    user_agent text,
    ended_at timestamptz,
    end_reason text,
    CONSTRAINT staff_sessions_pkey PRIMARY KEY (staff_id, id),
    CONSTRAINT staff_sessions_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE CASCADE,
    CONSTRAINT staff_sessions_current_token_sha256 CHECK (octet_length(current_token) = 32),
    CONSTRAINT staff_sessions_previous_token_sha256 CHECK (octet_length(previous_token) = 32),
    CONSTRAINT staff_sessions_expires_in_time CHECK (expires_at <= ends_at),
    CONSTRAINT staff_sessions_end_whole CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CONSTRAINT staff_sessions_end_reason_known
        CHECK (end_reason IN ('logged_out', 'token_reused', 'password_reset', 'second_factor_reset', 'disabled'))
);

CREATE INDEX staff_sessions_expires_at_idx ON staff_sessions (expires_at);
