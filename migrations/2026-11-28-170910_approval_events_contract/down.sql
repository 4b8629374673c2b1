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
    SELECT NEW.profile_id, NEW.id, NEW.state, NEW.decided_at, NEW.decided_by, NEW.reason
    WHERE NOT EXISTS (
        SELECT FROM application_events WHERE profile_id = NEW.profile_id AND kind = NEW.state AND at = NEW.decided_at);
    RETURN NULL;
END
$$;

CREATE TRIGGER approval_events_copied AFTER INSERT ON approval_events FOR EACH ROW EXECUTE FUNCTION copy_approval_event();

CREATE INDEX profiles_applications_by_role_idx ON profiles (registered_at, id) WHERE approval_role IS NOT NULL;

CREATE FUNCTION copy_wilaya() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE approvals SET wilaya = NEW.wilaya WHERE profile_id = NEW.id AND wilaya IS DISTINCT FROM NEW.wilaya;
    RETURN NULL;
END
$$;

CREATE TRIGGER profiles_copy_wilaya AFTER INSERT OR UPDATE OF wilaya ON profiles
    FOR EACH ROW WHEN (NEW.approval_role IS NOT NULL) EXECUTE FUNCTION copy_wilaya();
