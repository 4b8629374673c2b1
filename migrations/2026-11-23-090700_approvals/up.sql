-- Where the application of a doctor, a hospital or a laboratory stands.
CREATE TABLE approvals (
    profile_id uuid NOT NULL,
    role text NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    decided_by text,
    decided_at timestamptz,
    reason text,
    CONSTRAINT approvals_pkey PRIMARY KEY (profile_id),
    CONSTRAINT approvals_profile_fkey
        FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE,
    CONSTRAINT approvals_role_waits CHECK (role <> 'user'),
    CONSTRAINT approvals_state_known CHECK (state IN ('pending', 'approved', 'rejected')),
    CONSTRAINT approvals_decision_whole
        CHECK ((state = 'pending') = (decided_by IS NULL) AND (state = 'pending') = (decided_at IS NULL)),
    CONSTRAINT approvals_pending_without_reason CHECK (state <> 'pending' OR reason IS NULL),
    CONSTRAINT approvals_rejection_with_reason CHECK (state <> 'rejected' OR reason IS NOT NULL)
);

-- Staff look at those who wait, the longest waiting first; ids sort by the time of registration.
CREATE INDEX approvals_state_idx ON approvals (state, profile_id);
