-- Messages to the owners of accounts. Each is added in the transaction of what it is about.
CREATE TABLE outbox (
    profile_id uuid NOT NULL,
    -- The message's Message-ID follows from it.
    id uuid NOT NULL,
    recipient text NOT NULL,
    language text NOT NULL,
    template text NOT NULL,
    -- The values of the template, by name.
    params jsonb NOT NULL,
    -- The secret of the message's link, encrypted with the service's secret key. Null after the message was sent.
    sealed_secret bytea,
    link_expires_at timestamptz,
    state text NOT NULL,
    queued_at timestamptz NOT NULL,
    give_up_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    -- Until then, one instance delivers the message.
    lease_until timestamptz,
    finished_at timestamptz,
    last_error text,
    CONSTRAINT outbox_pkey PRIMARY KEY (profile_id, id),
    CONSTRAINT outbox_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE,
    CONSTRAINT outbox_state_known CHECK (state IN ('queued', 'sent', 'dead', 'suppressed')),
    CONSTRAINT outbox_finished CHECK ((state = 'queued') = (finished_at IS NULL)),
    CONSTRAINT outbox_no_secret_of_sent CHECK (state NOT IN ('sent', 'suppressed') OR sealed_secret IS NULL)
);

CREATE INDEX outbox_due_idx ON outbox (next_attempt_at) WHERE state = 'queued';
CREATE INDEX outbox_finished_idx ON outbox (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX outbox_id_idx ON outbox (id);

-- Tokens of the links in mails.
CREATE TABLE mail_tokens (
    profile_id uuid NOT NULL,
    -- SHA-256 of the secret.
    digest bytea NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    -- The address that the token is about.
    address text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text,
    CONSTRAINT mail_tokens_pkey PRIMARY KEY (profile_id, digest),
    CONSTRAINT mail_tokens_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE,
    CONSTRAINT mail_tokens_digest_sha256 CHECK (octet_length(digest) = 32),
    CONSTRAINT mail_tokens_ended CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

CREATE INDEX mail_tokens_expires_at_idx ON mail_tokens (purpose, expires_at);

-- Requests of people without a session for a mail, known address or not. A background job answers and deletes them.
CREATE TABLE mail_requests (
    -- The purpose and the canonical address.
    key text COLLATE "C" NOT NULL,
    purpose text NOT NULL,
    email text NOT NULL,
    requested_at timestamptz NOT NULL,
    CONSTRAINT mail_requests_pkey PRIMARY KEY (key)
);

CREATE INDEX mail_requests_requested_at_idx ON mail_requests (requested_at);
