ALTER TABLE approvals DROP CONSTRAINT approvals_application_state_given, DROP CONSTRAINT approvals_submitted_at_given;
CREATE INDEX approvals_state_c_idx ON approvals (state, profile_id);

CREATE FUNCTION set_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.application_state := coalesce(NEW.application_state, NEW.state);
        NEW.submitted_at := coalesce(NEW.submitted_at, now());
    ELSIF NEW.state <> OLD.state AND NEW.application_state = OLD.application_state AND NEW.application_state <> NEW.state THEN
        NEW.application_state := NEW.state;
        NEW.effective_at := NULL;
        NEW.reason_code := NULL;
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
