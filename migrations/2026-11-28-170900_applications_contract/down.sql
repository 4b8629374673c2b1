ALTER TABLE approvals DROP CONSTRAINT approvals_application_state_given, DROP CONSTRAINT approvals_submitted_at_given;
CREATE INDEX profiles_applications_by_role_idx ON profiles (registered_at, id) WHERE approval_role IS NOT NULL;
CREATE INDEX approvals_state_idx ON approvals (state, profile_id);
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
INSERT INTO approval_events (profile_id, id, state, decided_by, decided_at, reason)
SELECT profile_id, id, kind, actor_name, at, coalesce(reason, reason_code) FROM application_events
WHERE kind IN ('approved', 'rejected');

CREATE FUNCTION copy_approval_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO application_events (profile_id, id, kind, at, actor_name, reason)
    VALUES (NEW.profile_id, NEW.id, NEW.state, NEW.decided_at, NEW.decided_by, NEW.reason)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER approval_events_copied AFTER INSERT ON approval_events FOR EACH ROW EXECUTE FUNCTION copy_approval_event();

CREATE FUNCTION set_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.application_state := coalesce(NEW.application_state, NEW.state);
        NEW.submitted_at := coalesce(NEW.submitted_at, now());
    ELSIF NEW.state <> OLD.state AND NEW.application_state = OLD.application_state AND NEW.application_state <> NEW.state THEN
        NEW.application_state := NEW.state;
        NEW.effective_at := NULL;
        NEW.requested_at := NULL;
        NEW.requested_message := NULL;
        NEW.requested_fields := NULL;
        NEW.pending_changes := NULL;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER approvals_set_application BEFORE INSERT OR UPDATE OF state ON approvals
    FOR EACH ROW EXECUTE FUNCTION set_application();
