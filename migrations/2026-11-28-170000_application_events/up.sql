-- Reference data: why staff reject an application. The domain crate holds the same list, with the names.
CREATE TABLE rejection_reasons (
    code text COLLATE "C" NOT NULL,
    CONSTRAINT rejection_reasons_pkey PRIMARY KEY (code)
);

INSERT INTO rejection_reasons (code) VALUES
    ('not_in_register'), ('card_mismatch'), ('identity_mismatch'), ('duplicate'), ('wrong_role'), ('facility_not_authorised'),
    ('incomplete'), ('other');

-- What happened to an application after it was submitted. Rows are added and never changed; `approvals` has what follows
-- from them. The actor is kept with each row, because events cannot be joined with staff in a distributed database.
CREATE TABLE application_events (
    profile_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    -- The member of staff. Without a name, the applicant acted; without an id, somebody at the terminal.
    actor_id uuid,
    actor_name text,
    actor_directorate text,
    -- When a held decision takes effect.
    effective_at timestamptz,
    reason text,
    reason_code text COLLATE "C",
    -- For staff only.
    note text,
    -- The facts that staff asked to correct, and all facts at that time.
    fields text[] COLLATE "C",
    facts jsonb,
    CONSTRAINT application_events_pkey PRIMARY KEY (profile_id, id),
    CONSTRAINT application_events_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE,
    CONSTRAINT application_events_reason_code_fkey FOREIGN KEY (reason_code) REFERENCES rejection_reasons (code),
    CONSTRAINT application_events_kind_known CHECK (kind IN (
        'resubmitted', 'changes_submitted', 'changes_requested', 'approved', 'rejected', 'changes_accepted', 'changes_refused',
        'reopened', 'undone', 'taken_over')),
    CONSTRAINT application_events_refusal_with_reason
        CHECK (kind NOT IN ('rejected', 'changes_refused') OR reason IS NOT NULL OR reason_code IS NOT NULL),
    CONSTRAINT application_events_request_whole CHECK ((kind = 'changes_requested') = (facts IS NOT NULL))
);

CREATE INDEX application_events_at_idx ON application_events (at);

-- What the previous release decides follows. It also repeats a decision of this release that it replaces. A contracting
-- migration removes this.
CREATE FUNCTION copy_approval_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO application_events (profile_id, id, kind, at, actor_name, reason)
    SELECT NEW.profile_id, NEW.id, NEW.state, NEW.decided_at, NEW.decided_by, NEW.reason
    WHERE NOT EXISTS (
        SELECT FROM application_events WHERE profile_id = NEW.profile_id AND kind = NEW.state AND at = NEW.decided_at);
    RETURN NULL;
END
$$;

CREATE TRIGGER approval_events_copied AFTER INSERT ON approval_events FOR EACH ROW EXECUTE FUNCTION copy_approval_event();
