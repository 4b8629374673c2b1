-- An application as staff see it. `state` stays what is in force for the applicant: pending, approved or rejected. A
-- request for changes is pending, and an account with changes to vetted facts is approved.
ALTER TABLE approvals
    -- The result of the last decision, also while that decision is held.
    ADD COLUMN application_state text COLLATE "C",
    ADD COLUMN submitted_at timestamptz,
    ADD COLUMN resubmitted_at timestamptz,
    -- A copy of the profile's, so that the queue of a wilaya is a range of an index.
    ADD COLUMN wilaya text COLLATE "C",
    ADD COLUMN effective_at timestamptz,
    ADD COLUMN reason_code text COLLATE "C",
    ADD COLUMN requested_at timestamptz,
    ADD COLUMN requested_message text,
    ADD COLUMN requested_fields text[] COLLATE "C",
    -- Vetted facts as the owner wants them, by name; null clears one.
    ADD COLUMN pending_changes jsonb,
    ADD COLUMN claimed_by uuid,
    ADD COLUMN claimed_by_name text,
    ADD COLUMN claimed_by_directorate text,
    ADD COLUMN claimed_until timestamptz,
    -- Null until they are counted.
    ADD COLUMN possible_duplicates integer,
    ADD CONSTRAINT approvals_reason_code_fkey FOREIGN KEY (reason_code) REFERENCES rejection_reasons (code) NOT VALID,
    ADD CONSTRAINT approvals_application_state_known CHECK (
        application_state IN ('pending', 'changes_requested', 'approved', 'rejected', 'changes_pending')) NOT VALID,
    ADD CONSTRAINT approvals_request_whole CHECK (
        (requested_at IS NULL) = (requested_message IS NULL) AND (requested_at IS NULL) = (requested_fields IS NULL)) NOT VALID,
    ADD CONSTRAINT approvals_request_while_pending CHECK (requested_at IS NULL OR state = 'pending') NOT VALID,
    ADD CONSTRAINT approvals_changes_of_approved CHECK (pending_changes IS NULL OR state = 'approved') NOT VALID,
    ADD CONSTRAINT approvals_claim_whole CHECK (
        (claimed_until IS NULL) = (claimed_by IS NULL) AND (claimed_until IS NULL) = (claimed_by_name IS NULL)) NOT VALID,
    DROP CONSTRAINT approvals_rejection_with_reason,
    ADD CONSTRAINT approvals_rejection_with_reason CHECK (
        state <> 'rejected' OR reason IS NOT NULL OR reason_code IS NOT NULL) NOT VALID;

-- The rest is for the previous release, which writes none of these columns. A contracting migration removes it.
CREATE FUNCTION set_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.application_state := coalesce(NEW.application_state, NEW.state);
        NEW.submitted_at := coalesce(NEW.submitted_at, now());
    -- This release changes both states, or has changed the other one when a decision was held.
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
