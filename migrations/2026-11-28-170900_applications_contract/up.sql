-- The previous release is gone: application_events has its decisions, and this release writes all columns.
DROP TRIGGER approvals_set_application ON approvals;
DROP FUNCTION set_application();
DROP TRIGGER approval_events_copied ON approval_events;
DROP FUNCTION copy_approval_event();
DROP TABLE approval_events;
DROP INDEX approvals_state_idx;
DROP INDEX profiles_applications_by_role_idx;
ALTER TABLE approvals
    ADD CONSTRAINT approvals_application_state_given CHECK (application_state IS NOT NULL) NOT VALID,
    ADD CONSTRAINT approvals_submitted_at_given CHECK (submitted_at IS NOT NULL) NOT VALID;
