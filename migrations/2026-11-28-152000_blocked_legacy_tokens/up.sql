-- Refresh tokens that the legacy backend had blacklisted. They open no session here. In the group of counters, with
-- `token` as its key: a blacklist names no account. Useless a day after the move, when no legacy token is accepted.
CREATE TABLE blocked_legacy_tokens (
    -- The digest of the token's `jti`, as in `sessions`.
    token bytea NOT NULL,
    blocked_at timestamptz NOT NULL,
    CONSTRAINT blocked_legacy_tokens_pkey PRIMARY KEY (token)
);
