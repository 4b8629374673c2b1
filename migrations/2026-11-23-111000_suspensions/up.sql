-- Who was kept from logging in, by whom and why, and who let them in again: all of it, not only the last time.
CREATE TABLE suspensions (
    -- Nobody outside names a suspension, so the order of adding is enough.
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    profile_id uuid NOT NULL,
    suspended_at timestamptz NOT NULL,
    suspended_by text NOT NULL,
    reason text NOT NULL,
    lifted_at timestamptz,
    lifted_by text,
    CONSTRAINT suspensions_pkey PRIMARY KEY (id),
    CONSTRAINT suspensions_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE,
    CONSTRAINT suspensions_lifted_whole CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)),
    CONSTRAINT suspensions_lifted_after CHECK (lifted_at >= suspended_at)
);

-- An account is suspended or not, never twice.
CREATE UNIQUE INDEX suspensions_one_in_force ON suspensions (profile_id) WHERE lifted_at IS NULL;
CREATE INDEX suspensions_profile_id_idx ON suspensions (profile_id);

ALTER TABLE sessions
    DROP CONSTRAINT sessions_end_reason_known,
    ADD CONSTRAINT sessions_end_reason_known CHECK (end_reason IN
        ('logged_out', 'ended_by_owner', 'token_reused', 'password_changed', 'rejected', 'suspended'));
