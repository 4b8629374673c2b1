DROP TRIGGER approvals_set_application ON approvals;
DROP FUNCTION set_application();
ALTER TABLE approvals
    DROP CONSTRAINT approvals_rejection_with_reason,
    DROP CONSTRAINT approvals_claim_whole,
    DROP CONSTRAINT approvals_changes_of_approved,
    DROP CONSTRAINT approvals_request_while_pending,
    DROP CONSTRAINT approvals_request_whole,
    DROP CONSTRAINT approvals_application_state_known,
    DROP CONSTRAINT approvals_reason_code_fkey,
    DROP COLUMN possible_duplicates,
    DROP COLUMN claimed_until,
    DROP COLUMN claimed_by_directorate,
    DROP COLUMN claimed_by_name,
    DROP COLUMN claimed_by,
    DROP COLUMN pending_changes,
    DROP COLUMN requested_fields,
    DROP COLUMN requested_message,
    DROP COLUMN requested_at,
    DROP COLUMN reason_code,
    DROP COLUMN effective_at,
    DROP COLUMN wilaya,
    DROP COLUMN resubmitted_at,
    DROP COLUMN submitted_at,
    DROP COLUMN application_state;
-- A rejection without a text keeps the kind of its reason.
UPDATE approvals SET reason = 'other' WHERE state = 'rejected' AND reason IS NULL;
ALTER TABLE approvals ADD CONSTRAINT approvals_rejection_with_reason CHECK (state <> 'rejected' OR reason IS NOT NULL);
