-- The previous release is gone: this release writes all columns.
DROP TRIGGER approvals_set_application ON approvals;
DROP FUNCTION set_application();
DROP INDEX approvals_state_c_idx;
ALTER TABLE approvals
    ADD CONSTRAINT approvals_application_state_given CHECK (application_state IS NOT NULL) NOT VALID,
    ADD CONSTRAINT approvals_submitted_at_given CHECK (submitted_at IS NOT NULL) NOT VALID;
