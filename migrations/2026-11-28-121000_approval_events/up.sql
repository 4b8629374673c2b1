-- Every decision on an application. Rows are added and never changed; `approvals` has the last of them, for reading.
CREATE TABLE approval_events (
    profile_id uuid NOT NULL,
    id uuid NOT NULL,
    state text COLLATE "C" NOT NULL,
    decided_by text COLLATE "C" NOT NULL,
    decided_at timestamptz NOT NULL,
    reason text COLLATE "C",
    CONSTRAINT approval_events_pkey PRIMARY KEY (profile_id, id),
    CONSTRAINT approval_events_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE,
    CONSTRAINT approval_events_state_decided CHECK (state IN ('approved', 'rejected')),
    CONSTRAINT approval_events_rejection_with_reason CHECK (state <> 'rejected' OR reason IS NOT NULL)
);
